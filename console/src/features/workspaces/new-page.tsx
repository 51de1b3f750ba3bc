import { Alert, App, Button, Input } from 'antd';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { ApiError } from '../../api/problem';
import { useErrorSentence } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { useMe } from '../../app/me';
import { commonMessages } from '../../app/messages';
import { Field } from '../../components/field';
import { Page } from '../../components/page';
import { nameProblem } from '../../components/name';
import { problemMessages, sentence } from '../../components/problem';
import { MembersEditor } from './members-editor';
import { workspaceMessages } from './messages';
import { NamespacesEditor } from './namespaces-editor';
import { useCreateWorkspace, useWorkspaces } from './queries';
import { RolesCard } from './roles-card';
import { memberProblems, namespaceProblems, type Settings } from './settings';
import styles from './workspaces.module.css';

/** Makes a workspace. */
export function NewWorkspacePage() {
  const words = useMessages(workspaceMessages);
  const common = useMessages(commonMessages);
  const problemWords = useMessages(problemMessages);
  const errorSentence = useErrorSentence();
  const { message } = App.useApp();
  const me = useMe().data;
  const navigate = useNavigate();
  const create = useCreateWorkspace();
  const taken = useWorkspaces().data?.items.map((workspace) => workspace.name) ?? [];
  const [name, setName] = useState('');
  const [complete, setComplete] = useState(false);
  const [settings, setSettings] = useState<Settings>({ displayName: '', members: me ? [{ kind: 'User', name: me.name, role: 'Admin' }] : [], namespaces: [] });
  const set = (part: Partial<Settings>) => setSettings({ ...settings, ...part });

  const wrong = nameProblem(name);
  const problem = taken.includes(name) ? words.nameTaken : wrong && (complete || name !== '') ? (wrong.key === 'nameMissing' ? words.nameHint : sentence(problemWords, wrong)) : undefined;

  function submit() {
    setComplete(true);
    if (wrong || taken.includes(name) || [...memberProblems(settings.members), ...namespaceProblems(settings.namespaces)].some(Boolean)) return;
    create.mutate(
      { name, settings },
      {
        onSuccess: () => {
          message.success(words.created);
          void navigate(`/workspaces/${name}`);
        },
      },
    );
  }

  return (
    <Page title={words.create} lead={words.lead}>
      <div className={styles.columns}>
        <div className={styles.main}>
          <section className={`card ${styles.section}`}>
            <Field label={words.name} hint={words.nameHint} problem={problem}>
              {(control) => <Input {...control} className={styles.narrow} autoFocus autoComplete="off" autoCapitalize="none" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}
            </Field>
            <Field label={words.displayName} hint={words.displayNameHint}>
              {(control) => <Input {...control} className={styles.narrow} value={settings.displayName} maxLength={100} placeholder={name} onChange={(event) => set({ displayName: event.target.value })} />}
            </Field>
          </section>
          <section className={`card ${styles.section}`} aria-labelledby="workspace-members">
            <h2 id="workspace-members">{words.members}</h2>
            <p className="soft">{words.memberHint}</p>
            <MembersEditor members={settings.members} onChange={(members) => set({ members })} complete={complete} platformAdmin />
          </section>
          <section className={`card ${styles.section}`} aria-labelledby="workspace-namespaces">
            <h2 id="workspace-namespaces">{words.namespaces}</h2>
            <NamespacesEditor namespaces={settings.namespaces} onChange={(namespaces) => set({ namespaces })} complete={complete} />
          </section>
          {create.error && <Alert type="error" showIcon role="alert" title={create.error instanceof ApiError && create.error.status === 409 ? words.nameTaken : errorSentence(create.error)} />}
          <div className={styles.foot}>
            <Link to="/workspaces">
              <Button tabIndex={-1}>{common.cancel}</Button>
            </Link>
            <Button type="primary" loading={create.isPending} onClick={submit}>
              {words.create}
            </Button>
          </div>
        </div>
        <RolesCard />
      </div>
    </Page>
  );
}
