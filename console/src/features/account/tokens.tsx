import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { api, call } from '../../api/client';
import type { components } from '../../api/schema.gen';
import type { Me } from '../../api/types';
import { LoadError, useErrorSentence } from '../../app/errors';
import { useLanguage, useMessages } from '../../app/i18n';
import { commonMessages } from '../../app/messages';
import { DataTable, type Column } from '../../components/data-table';
import { Field } from '../../components/field';
import { duration, exactTime, Since, useNow } from '../../components/time';
import styles from './account.module.css';
import { accountMessages } from './messages';
import { ShownOnce } from './secret';

type Token = components['schemas']['Token'];

const key = ['me', 'tokens'] as const;

/** The person's API tokens. */
export function TokensPart({ me }: { me: Me }) {
  const words = useMessages(accountMessages);
  const tokens = useQuery({ queryKey: key, queryFn: ({ signal }) => call(api.GET('/api/v1/me/tokens', { signal })) });
  const [creating, setCreating] = useState(false);
  const columns: Column<Token>[] = [
    { key: 'name', title: words.what, wide: true, cell: (token) => <strong className={styles.strong}>{token.name}</strong> },
    { key: 'access', title: words.access, cell: (token) => (token.readOnly ? words.readOnly : words.mayWrite) },
    { key: 'created', title: words.createdAt, cell: (token) => <Since time={token.createdAt} /> },
    { key: 'used', title: words.used, cell: (token) => (token.lastUsedAt ? <Since time={token.lastUsedAt} /> : <span className="soft">{words.never}</span>) },
    { key: 'expires', title: words.expires, cell: (token) => <Expiry time={token.expiresAt} /> },
    { key: 'revoke', title: '', right: true, cell: (token) => <RevokeButton token={token} /> },
  ];
  return (
    <div className={styles.part}>
      <div className={styles.head}>
        <p className="soft">{me.may.createTokens ? words.tokensHint : words.byToken}</p>
        <Button type="primary" icon={<PlusOutlined aria-hidden />} disabled={!me.may.createTokens} onClick={() => setCreating(true)}>
          {words.create}
        </Button>
      </div>
      {tokens.error && !tokens.data ? (
        <LoadError error={tokens.error} retry={() => void tokens.refetch()} />
      ) : (
        <DataTable label={words.tokens} columns={columns} rows={tokens.data?.items} rowKey={(token) => token.id} empty={<h2>{words.tokensNone}</h2>} />
      )}
      {creating && <CreateDialog close={() => setCreating(false)} />}
    </div>
  );
}

/** When a token ends: soon or over is said louder than later. */
function Expiry({ time }: { time: string }) {
  const words = useMessages(accountMessages);
  const language = useLanguage();
  const left = Date.parse(time) - useNow(60_000);
  return (
    <time dateTime={time} title={exactTime(time, language)} className={left < 7 * 86_400_000 ? styles.soon : undefined}>
      {left <= 0 ? words.expired : words.inTime(duration(left, language))}
    </time>
  );
}

function RevokeButton({ token }: { token: Token }) {
  const words = useMessages(accountMessages);
  const common = useMessages(commonMessages);
  const errorSentence = useErrorSentence();
  const { modal, message } = App.useApp();
  const queryClient = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => call(api.DELETE('/api/v1/me/tokens/{id}', { params: { path: { id: token.id } } })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: key }),
  });
  function ask() {
    modal.confirm({
      title: words.revokeAsk(token.name),
      content: words.revokeText,
      okText: words.revoke,
      okButtonProps: { danger: true },
      cancelText: common.cancel,
      onOk: async () => {
        try {
          await revoke.mutateAsync();
          message.success(words.revoked);
        } catch (error) {
          message.error(errorSentence(error));
        }
      },
    });
  }
  return (
    <Button size="small" danger aria-label={words.revokeOf(token.name)} onClick={ask}>
      {words.revoke}
    </Button>
  );
}

const expiries = [7, 30, 90, 180, 365];

function CreateDialog({ close }: { close: () => void }) {
  const words = useMessages(accountMessages);
  const common = useMessages(commonMessages);
  const errorSentence = useErrorSentence();
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [days, setDays] = useState(90);
  const [readOnly, setReadOnly] = useState(false);
  const [sent, setSent] = useState(false);
  const create = useMutation({
    mutationFn: () => call(api.POST('/api/v1/me/tokens', { body: { name: name.trim(), days, readOnly } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: key }),
    // The secret must not outlive its dialog.
    gcTime: 0,
  });

  function submit() {
    setSent(true);
    if (name.trim() !== '') create.mutate();
  }

  if (create.data) {
    return (
      <Modal open title={words.tokenMade} closable={false} mask={{ closable: false }} keyboard={false} cancelButtonProps={{ style: { display: 'none' } }} okText={words.done} onOk={close}>
        <ShownOnce label={words.secret} secret={create.data.secret} text={words.tokenMadeText}>
          <p className={styles.label}>{words.use}</p>
          <pre className={styles.use}>{`curl -H "Authorization: Bearer $TOKEN" \\\n  ${window.location.origin}/api/v1/release-tasks`}</pre>
        </ShownOnce>
      </Modal>
    );
  }
  return (
    <Modal open title={words.create} okText={words.create} cancelText={common.cancel} confirmLoading={create.isPending} onOk={submit} onCancel={close}>
      <form
        className={styles.dialog}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Field label={words.what} problem={sent && name.trim() === '' && words.whatMissing}>
          {(control) => <Input {...control} autoFocus maxLength={100} placeholder={words.whatPlaceholder} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={words.days}>
          {(control) => <Select {...control} value={days} options={expiries.map((count) => ({ value: count, label: words.daysOf(count) }))} onChange={setDays} />}
        </Field>
        <Checkbox checked={readOnly} onChange={(event) => setReadOnly(event.target.checked)}>
          {words.readOnly}
        </Checkbox>
        {create.error && <Alert type="error" showIcon role="alert" title={errorSentence(create.error)} />}
        <button type="submit" hidden />
      </form>
    </Modal>
  );
}
