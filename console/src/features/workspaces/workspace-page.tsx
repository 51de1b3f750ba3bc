import { DeleteOutlined } from '@ant-design/icons';
import { Alert, App, Button, Input, Skeleton } from 'antd';
import { useEffect, useState } from 'react';
import { Link, useBlocker, useNavigate, useParams } from 'react-router';
import { isConflict } from '../../api/problem';
import { LoadError, useErrorSentence } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { useMe } from '../../app/me';
import { commonMessages } from '../../app/messages';
import { Field } from '../../components/field';
import { Page } from '../../components/page';
import { InForce } from './list-page';
import { MembersEditor } from './members-editor';
import { workspaceMessages } from './messages';
import { NamespacesEditor } from './namespaces-editor';
import { useDeleteWorkspace, useSaveWorkspace, useWorkspace } from './queries';
import { RolesCard } from './roles-card';
import { isChanged, losesLastAdmin, losesOwnRole, memberProblems, namespaceProblems, settingsOf, type Settings, type Workspace } from './settings';
import styles from './workspaces.module.css';

/** One workspace: its members and namespaces. */
export function WorkspacePage() {
  const { workspace: name = '' } = useParams();
  const workspace = useWorkspace(name);
  if (workspace.error && !workspace.data) {
    return (
      <Page title={name}>
        <LoadError error={workspace.error} retry={() => void workspace.refetch()} />
      </Page>
    );
  }
  if (!workspace.data) {
    return (
      <Page title={name}>
        <Skeleton active paragraph={{ rows: 8 }} />
      </Page>
    );
  }
  return <Loaded key={workspace.data.etag} workspace={workspace.data} reload={() => void workspace.refetch()} />;
}

function Loaded({ workspace, reload }: { workspace: Workspace; reload: () => void }) {
  const words = useMessages(workspaceMessages);
  const common = useMessages(commonMessages);
  const errorSentence = useErrorSentence();
  const { modal, message } = App.useApp();
  const me = useMe().data;
  const [settings, setSettings] = useState<Settings>(() => settingsOf(workspace));
  const [complete, setComplete] = useState(false);
  const save = useSaveWorkspace(workspace.name, workspace.etag);
  const changed = isChanged(settings, workspace);
  useGuard(changed && !save.isPending && !save.isSuccess);

  const platformAdmin = me?.admin ?? false;
  const mayEdit = platformAdmin || workspace.role === 'Admin';
  const set = (part: Partial<Settings>) => setSettings({ ...settings, ...part });

  async function submit() {
    setComplete(true);
    if ([...memberProblems(settings.members), ...namespaceProblems(settings.namespaces)].some(Boolean) || losesLastAdmin(settings.members, platformAdmin)) return;
    if (me && losesOwnRole(workspace.members, settings.members, me)) {
      const sure = await modal.confirm({ title: words.losing, content: words.losingText, okText: words.save, cancelText: common.cancel });
      if (!sure) return;
    }
    save.mutate(settings, { onSuccess: () => message.success(words.saved) });
  }

  return (
    <Page
      title={workspace.displayName || workspace.name}
      beside={<InForce workspace={workspace} />}
      lead={<Link to={`/releases?workspace=${workspace.name}`}>{words.tasksOf}</Link>}
      actions={platformAdmin && <DeleteButton workspace={workspace} />}
    >
      <div className={styles.columns}>
        <div className={styles.main}>
          {!workspace.ready && workspace.message && <Alert type="warning" showIcon title={words.notInForce} description={workspace.message} />}
          {!mayEdit && <Alert type="info" showIcon title={words.readOnly} />}
          {mayEdit && (
            <section className={`card ${styles.section}`}>
              <Field label={words.displayName} hint={words.displayNameHint}>
                {(control) => <Input {...control} className={styles.narrow} value={settings.displayName} maxLength={100} placeholder={workspace.name} onChange={(event) => set({ displayName: event.target.value })} />}
              </Field>
            </section>
          )}
          <section className={`card ${styles.section}`} aria-labelledby="workspace-members">
            <h2 id="workspace-members">{words.members}</h2>
            {mayEdit && <p className="soft">{words.memberHint}</p>}
            <MembersEditor members={settings.members} onChange={mayEdit ? (members) => set({ members }) : undefined} complete={complete} platformAdmin={platformAdmin} />
          </section>
          <section className={`card ${styles.section}`} aria-labelledby="workspace-namespaces">
            <h2 id="workspace-namespaces">{words.namespaces}</h2>
            {mayEdit && !platformAdmin && <p className="soft">{words.namespacesLocked}</p>}
            <NamespacesEditor namespaces={settings.namespaces} onChange={platformAdmin ? (namespaces) => set({ namespaces }) : undefined} complete={complete} />
          </section>
          {save.error &&
            (isConflict(save.error) ? (
              <Alert type="warning" showIcon role="alert" title={words.changed} description={`${errorSentence(save.error)} ${words.changedText}`} action={<Button onClick={reload}>{words.showCurrent}</Button>} />
            ) : (
              <Alert type="error" showIcon role="alert" title={errorSentence(save.error)} />
            ))}
          {mayEdit && changed && (
            <div className={styles.foot}>
              <span className="soft">{words.unsaved}</span>
              <Button onClick={() => setSettings(settingsOf(workspace))}>{words.discard}</Button>
              <Button type="primary" loading={save.isPending} onClick={() => void submit()}>
                {words.save}
              </Button>
            </div>
          )}
        </div>
        <RolesCard />
      </div>
    </Page>
  );
}

/** Asks before changes that are not saved are left behind. */
function useGuard(unsaved: boolean) {
  const words = useMessages(workspaceMessages);
  const common = useMessages(commonMessages);
  const { modal } = App.useApp();
  const blocker = useBlocker(({ currentLocation, nextLocation }) => unsaved && currentLocation.pathname !== nextLocation.pathname);
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    modal.confirm({ title: words.unsaved, okText: words.discard, cancelText: common.back, onOk: () => blocker.proceed(), onCancel: () => blocker.reset() });
    // Asked once each time something is blocked.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [blocker.state]);
}

function DeleteButton({ workspace }: { workspace: Workspace }) {
  const words = useMessages(workspaceMessages);
  const common = useMessages(commonMessages);
  const errorSentence = useErrorSentence();
  const { modal, message } = App.useApp();
  const navigate = useNavigate();
  const remove = useDeleteWorkspace(workspace.name);
  function ask() {
    modal.confirm({
      title: words.deleteAsk(workspace.displayName || workspace.name),
      content: words.deleteText(workspace.members.length, workspace.namespaces.length, workspace.tasks),
      okText: words.delete,
      okButtonProps: { danger: true },
      cancelText: common.cancel,
      onOk: async () => {
        try {
          await remove.mutateAsync();
          message.success(words.deleted);
          await navigate('/workspaces');
        } catch (error) {
          message.error(errorSentence(error));
        }
      },
    });
  }
  return (
    <Button danger icon={<DeleteOutlined aria-hidden />} onClick={ask}>
      {words.delete}
    </Button>
  );
}
