import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Checkbox, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { api, call } from '../../api/client';
import type { components } from '../../api/schema.gen';
import { useErrorSentence } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { commonMessages } from '../../app/messages';
import { Field } from '../../components/field';
import styles from './account.module.css';
import { accountMessages } from './messages';
import { ShownOnce } from './secret';

export type Account = components['schemas']['Account'];
type Settings = components['schemas']['AccountSettings'];

export const accountsKey = ['accounts'] as const;

/** As the hub names accounts. */
const nameForm = /^[a-z0-9]([-a-z0-9._@]*[a-z0-9])?$/;
const shortest = 12;

interface Props {
  /** Absent: a new one. */
  account: Account | undefined;
  /** Names that are taken. */
  names: readonly string[];
  /** It is the person's own, who must not lock themselves out. */
  mine: boolean;
  close: () => void;
}

/** Makes or changes a local account. */
export function AccountDialog({ account, names, mine, close }: Props) {
  const words = useMessages(accountMessages);
  const common = useMessages(commonMessages);
  const errorSentence = useErrorSentence();
  const { message } = App.useApp();
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [settings, setSettings] = useState({
    displayName: account?.displayName ?? '',
    groups: account?.groups ?? [],
    admin: account?.admin ?? false,
    disabled: account?.disabled ?? false,
    password: '',
  });
  const [sent, setSent] = useState(false);
  const set = (part: Partial<typeof settings>) => setSettings({ ...settings, ...part });
  const save = useMutation({
    mutationFn: async (): Promise<string | undefined> => {
      const body: Settings = { ...settings, displayName: settings.displayName.trim(), password: settings.password || undefined };
      if (account) {
        await call(api.PUT('/api/v1/accounts/{name}', { params: { path: { name: account.name } }, body }));
        return undefined;
      }
      return (await call(api.POST('/api/v1/accounts', { body: { name, ...body } }))).password;
    },
    onSuccess: (password) => {
      void queryClient.invalidateQueries({ queryKey: accountsKey });
      if (password) return;
      message.success(account ? words.saved : words.accountMade(name));
      close();
    },
    // A random password must not outlive its dialog.
    gcTime: 0,
  });

  const nameProblem = account ? undefined : !nameForm.test(name) || name.length > 128 ? words.accountNameProblem : names.includes(name) ? words.accountTaken : undefined;
  const passwordProblem = settings.password !== '' && [...settings.password].length < shortest ? words.tooShort : undefined;

  function submit() {
    setSent(true);
    if (!nameProblem && !passwordProblem) save.mutate();
  }

  if (save.data) {
    return (
      <Modal open title={words.accountMade(name)} closable={false} keyboard={false} mask={{ closable: false }} cancelButtonProps={{ style: { display: 'none' } }} okText={words.done} onOk={close}>
        <ShownOnce label={words.newPassword} secret={save.data} text={words.accountPassword} />
      </Modal>
    );
  }
  return (
    <Modal open title={account ? words.editAccount(account.name) : words.newAccount} okText={account ? words.save : words.newAccount} cancelText={common.cancel} confirmLoading={save.isPending} onOk={submit} onCancel={close} mask={{ closable: false }}>
      <form
        className={styles.dialog}
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {!account && (
          <Field label={words.accountName} hint={words.accountNameHint} problem={(sent || name !== '') && nameProblem}>
            {(control) => <Input {...control} autoFocus autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={128} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
        )}
        <Field label={words.displayName}>{(control) => <Input {...control} maxLength={100} value={settings.displayName} onChange={(event) => set({ displayName: event.target.value })} />}</Field>
        <Field label={words.groups} hint={words.groupsHint}>
          {(control) => <Select {...control} mode="tags" open={false} suffixIcon={null} tokenSeparators={[',', ' ']} value={settings.groups} onChange={(groups: string[]) => set({ groups })} />}
        </Field>
        <Field label={words.newPassword} hint={account ? words.keepPassword : words.newPasswordHint} problem={sent && passwordProblem}>
          {(control) => <Input.Password {...control} autoComplete="new-password" maxLength={256} value={settings.password} onChange={(event) => set({ password: event.target.value })} />}
        </Field>
        <div>
          <Checkbox checked={settings.admin} disabled={mine} onChange={(event) => set({ admin: event.target.checked })}>
            {words.admin}
          </Checkbox>
          <p className={`soft ${styles.small}`}>{words.adminHint}</p>
        </div>
        {account && (
          <div>
            <Checkbox checked={settings.disabled} disabled={mine} onChange={(event) => set({ disabled: event.target.checked })}>
              {words.disabled}
            </Checkbox>
            <p className={`soft ${styles.small}`}>{words.disabledHint}</p>
          </div>
        )}
        {save.error && <Alert type="error" showIcon role="alert" title={errorSentence(save.error)} />}
        <button type="submit" hidden />
      </form>
    </Modal>
  );
}
