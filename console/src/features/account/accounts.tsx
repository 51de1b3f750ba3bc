import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Tag } from 'antd';
import { useState } from 'react';
import { api, call } from '../../api/client';
import type { Me } from '../../api/types';
import { LoadError, useErrorSentence } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { commonMessages } from '../../app/messages';
import { DataTable, type Column } from '../../components/data-table';
import { Since } from '../../components/time';
import { AccountDialog, accountsKey, type Account } from './account-dialog';
import styles from './account.module.css';
import { accountMessages } from './messages';

/** The local accounts, for administrators of the platform. */
export function AccountsPart({ me }: { me: Me }) {
  const words = useMessages(accountMessages);
  const accounts = useQuery({ queryKey: accountsKey, queryFn: ({ signal }) => call(api.GET('/api/v1/accounts', { signal })) });
  const [open, setOpen] = useState<Account | 'new' | null>(null);
  const columns: Column<Account>[] = [
    {
      key: 'name',
      title: words.accountName,
      wide: true,
      cell: (account) => (
        <>
          <strong className={styles.strong}>{account.displayName || account.name}</strong>
          {account.displayName && account.displayName !== account.name && <span className="soft"> {account.name}</span>} {account.name === me.name && <span className="soft">({words.you})</span>}{' '}
          {account.admin && <Tag>{words.platformAdmin}</Tag>}
        </>
      ),
    },
    { key: 'groups', title: words.groups, cell: (account) => account.groups.join(', ') || <span className="soft">{words.groupsNone}</span> },
    { key: 'state', title: words.state, cell: (account) => (account.disabled ? <span className="soft">{words.disabled}</span> : words.active) },
    { key: 'password', title: words.passwordAge, cell: (account) => (account.passwordChangedAt ? <Since time={account.passwordChangedAt} /> : '–') },
    {
      key: 'actions',
      title: '',
      right: true,
      cell: (account) => (
        <span className={styles.buttons}>
          <Button size="small" aria-label={words.editAccount(account.name)} onClick={() => setOpen(account)}>
            {words.edit}
          </Button>
          {account.name !== me.name && <RemoveButton account={account} />}
        </span>
      ),
    },
  ];
  return (
    <div className={styles.part}>
      <div className={styles.head}>
        <p className="soft">{words.accountsHint}</p>
        <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setOpen('new')}>
          {words.newAccount}
        </Button>
      </div>
      {accounts.error && !accounts.data ? (
        <LoadError error={accounts.error} retry={() => void accounts.refetch()} />
      ) : (
        <DataTable label={words.accounts} columns={columns} rows={accounts.data?.items} rowKey={(account) => account.name} empty={<h2>{words.accountsNone}</h2>} />
      )}
      {open !== null && <AccountDialog account={open === 'new' ? undefined : open} names={accounts.data?.items.map((account) => account.name) ?? []} mine={open !== 'new' && open.name === me.name} close={() => setOpen(null)} />}
    </div>
  );
}

function RemoveButton({ account }: { account: Account }) {
  const words = useMessages(accountMessages);
  const common = useMessages(commonMessages);
  const errorSentence = useErrorSentence();
  const { modal, message } = App.useApp();
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => call(api.DELETE('/api/v1/accounts/{name}', { params: { path: { name: account.name } } })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: accountsKey }),
  });
  function ask() {
    modal.confirm({
      title: words.removeAsk(account.name),
      content: words.removeText,
      okText: words.remove,
      okButtonProps: { danger: true },
      cancelText: common.cancel,
      onOk: async () => {
        try {
          await remove.mutateAsync();
          message.success(words.removed);
        } catch (error) {
          message.error(errorSentence(error));
        }
      },
    });
  }
  return (
    <Button size="small" danger aria-label={words.removeOf(account.name)} onClick={ask}>
      {words.remove}
    </Button>
  );
}
