import { CheckOutlined, CloseOutlined, EditOutlined } from '@ant-design/icons';
import { Alert, App, Button, Skeleton } from 'antd';
import { Link, useNavigate, useParams } from 'react-router';
import { LoadError, useErrorSentence } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { useMe } from '../../app/me';
import { commonMessages } from '../../app/messages';
import { DataTable, type Column } from '../../components/data-table';
import { Page } from '../../components/page';
import { Since } from '../../components/time';
import styles from './clusters.module.css';
import { clusterMessages } from './messages';
import { neededFor, PartState, Reachable } from './parts';
import { useCluster, useRemoveCluster } from './queries';
import type { Cluster, Component } from './settings';

/** One cluster: what it has, what it lacks and what to do about that. */
export function ClusterPage() {
  const { cluster: name = '' } = useParams();
  const cluster = useCluster(name, true);
  if (cluster.error && !cluster.data) {
    return (
      <Page title={name}>
        <LoadError error={cluster.error} retry={() => void cluster.refetch()} />
      </Page>
    );
  }
  if (!cluster.data) {
    return (
      <Page title={name}>
        <Skeleton active paragraph={{ rows: 8 }} />
      </Page>
    );
  }
  return <Loaded cluster={cluster.data} />;
}

function Loaded({ cluster }: { cluster: Cluster }) {
  const words = useMessages(clusterMessages);
  const mayManage = useMe().data?.may.manageClusters ?? false;
  const columns: Column<Component>[] = [
    {
      key: 'name',
      title: words.part,
      cell: (component) => (
        <>
          <strong>{component.name}</strong>
          <div className={`soft ${styles.small}`}>{words.neededFor[neededFor(component)]}</div>
        </>
      ),
    },
    { key: 'version', title: words.version, cell: (component) => component.version ?? '–' },
    { key: 'state', title: words.state, cell: (component) => <PartState component={component} /> },
    {
      key: 'found',
      title: words.found,
      wide: true,
      cell: (component) => (
        <>
          {component.message}
          {component.mend && (
            <div className="soft">
              {words.mend}: {component.mend}
            </div>
          )}
        </>
      ),
    },
  ];
  return (
    <Page
      title={cluster.displayName}
      beside={<Reachable cluster={cluster} />}
      lead={
        <span className={styles.counts}>
          <Link to={`/releases?cluster=${cluster.name}`}>{words.tasks(cluster.tasks)}</Link>
          <span>{words.namespaces(cluster.namespaces)}</span>
          {cluster.checkedAt && (
            <span>
              {words.checked} <Since time={cluster.checkedAt} />
            </span>
          )}
        </span>
      }
      actions={
        mayManage && (
          <>
            <RemoveButton cluster={cluster} />
            <Link to={`/clusters/${cluster.name}/edit`}>
              <Button icon={<EditOutlined aria-hidden />} tabIndex={-1}>
                {words.edit}
              </Button>
            </Link>
          </>
        )
      }
    >
      <div className={styles.sections}>
        {!cluster.reachable && cluster.message && <Alert type="error" showIcon title={words.unreachable} description={`${cluster.message} ${words.stale}`} />}
        <section className={`card ${styles.section}`} aria-labelledby="cluster-can">
          <h2 id="cluster-can">{words.can}</h2>
          <ul className={styles.can}>
            <Can able={cluster.usable.istio} what={words.canIstio} />
            <Can able={cluster.usable.instances} what={words.canInstances} />
            <Can able={cluster.usable.analysis} what={words.canAnalysis} />
          </ul>
          {(cluster.server || cluster.inCluster || cluster.prometheus) && <Connection cluster={cluster} all={mayManage} />}
        </section>
        <section aria-labelledby="cluster-parts">
          <h2 id="cluster-parts" className={styles.heading}>
            {words.parts}
          </h2>
          {cluster.components.length === 0 ? <p className="soft">{words.notChecked}</p> : <DataTable label={words.parts} columns={columns} rows={cluster.components} rowKey={(component) => component.name} />}
        </section>
      </div>
    </Page>
  );
}

function Can({ able, what }: { able: boolean; what: string }) {
  const words = useMessages(clusterMessages);
  return (
    <li className={able ? undefined : 'soft'}>
      {able ? <CheckOutlined aria-label={words.yes} /> : <CloseOutlined aria-label={words.no} />} {what}
    </li>
  );
}

/** How the hub reaches it; where its metrics come from only those know who manage clusters. */
function Connection({ cluster, all }: { cluster: Cluster; all: boolean }) {
  const words = useMessages(clusterMessages);
  return (
    <dl className={styles.facts}>
      <dt>{words.server}</dt>
      <dd>{cluster.inCluster ? words.here : cluster.server}</dd>
      {(cluster.prometheus || all) && (
        <>
          <dt>{words.metrics}</dt>
          <dd>{cluster.prometheus ? `${cluster.prometheus.address} (${words.auths[cluster.prometheus.auth]})` : words.metricsNone}</dd>
        </>
      )}
    </dl>
  );
}

function RemoveButton({ cluster }: { cluster: Cluster }) {
  const words = useMessages(clusterMessages);
  const common = useMessages(commonMessages);
  const errorSentence = useErrorSentence();
  const { modal, message } = App.useApp();
  const navigate = useNavigate();
  const remove = useRemoveCluster(cluster.name);
  function ask() {
    modal.confirm({
      title: words.removeAsk(cluster.displayName),
      content: words.removeText(cluster.tasks),
      okText: words.remove,
      okButtonProps: { danger: true },
      cancelText: common.cancel,
      onOk: async () => {
        try {
          await remove.mutateAsync();
          message.success(words.removed);
          await navigate('/clusters');
        } catch (error) {
          message.error(errorSentence(error));
        }
      },
    });
  }
  return (
    <Button danger onClick={ask}>
      {words.remove}
    </Button>
  );
}
