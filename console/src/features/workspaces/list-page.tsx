import { CheckCircleOutlined, ExclamationCircleOutlined, PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { Link } from 'react-router';
import { LoadError } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { useMe } from '../../app/me';
import { DataTable, type Column } from '../../components/data-table';
import { Page } from '../../components/page';
import { workspaceMessages } from './messages';
import { useWorkspaces } from './queries';
import type { Workspace } from './settings';
import styles from './workspaces.module.css';

/** The workspaces of the person; all, for an administrator of the platform. */
export function WorkspaceListPage() {
  const words = useMessages(workspaceMessages);
  const me = useMe().data;
  const workspaces = useWorkspaces();
  const mayCreate = me?.may.createWorkspaces ?? false;
  const columns: Column<Workspace>[] = [
    { key: 'name', title: words.name, wide: true, cell: (workspace) => <Name workspace={workspace} /> },
    { key: 'role', title: words.yourRole, cell: (workspace) => (workspace.role ? words.roles[workspace.role] : <span className="soft">{words.notMember}</span>) },
    { key: 'members', title: words.members, cell: (workspace) => workspace.members.length },
    { key: 'namespaces', title: words.namespaces, cell: (workspace) => workspace.namespaces.length },
    { key: 'tasks', title: words.tasks, cell: (workspace) => <Link to={`/releases?workspace=${workspace.name}`}>{workspace.tasks}</Link> },
    { key: 'state', title: words.state, cell: (workspace) => <InForce workspace={workspace} /> },
  ];
  return (
    <Page title={words.title} lead={words.lead} actions={mayCreate && <CreateButton />}>
      {workspaces.error && !workspaces.data ? (
        <LoadError error={workspaces.error} retry={() => void workspaces.refetch()} />
      ) : (
        <DataTable
          label={words.title}
          columns={columns}
          rows={workspaces.data?.items}
          rowKey={(workspace) => workspace.name}
          empty={
            <div className={styles.empty}>
              <h2>{words.none}</h2>
              <p className="soft">{mayCreate ? words.noneCreate : words.noneHint}</p>
              {mayCreate && <CreateButton />}
            </div>
          }
        />
      )}
    </Page>
  );
}

function CreateButton() {
  const words = useMessages(workspaceMessages);
  return (
    <Link to="/workspaces/new">
      <Button type="primary" icon={<PlusOutlined aria-hidden />} tabIndex={-1}>
        {words.create}
      </Button>
    </Link>
  );
}

function Name({ workspace }: { workspace: Workspace }) {
  const display = workspace.displayName ?? '';
  return (
    <>
      <Link to={`/workspaces/${workspace.name}`} className={styles.name}>
        {display || workspace.name}
      </Link>
      {display && display !== workspace.name && <div className={`soft code ${styles.small}`}>{workspace.name}</div>}
    </>
  );
}

/** Whether the roles of a workspace are in force in all its namespaces. */
export function InForce({ workspace }: { workspace: Workspace }) {
  const words = useMessages(workspaceMessages);
  if (workspace.ready) {
    return (
      <span className="soft">
        <CheckCircleOutlined aria-hidden /> {words.inForce}
      </span>
    );
  }
  return (
    <span className={styles.notInForce} title={workspace.message}>
      <ExclamationCircleOutlined aria-hidden /> {words.notInForce}
    </span>
  );
}
