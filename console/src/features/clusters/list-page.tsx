import { PlusOutlined } from '@ant-design/icons';
import { Button, Skeleton } from 'antd';
import { Link } from 'react-router';
import { LoadError } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { useMe } from '../../app/me';
import { Page } from '../../components/page';
import styles from './clusters.module.css';
import { clusterMessages } from './messages';
import { PartState, Reachable } from './parts';
import { useClusters } from './queries';
import type { Cluster } from './settings';

/** All clusters of the person as cards: what each has, and whether it answers. */
export function ClusterListPage() {
  const words = useMessages(clusterMessages);
  const mayManage = useMe().data?.may.manageClusters ?? false;
  const clusters = useClusters();
  return (
    <Page title={words.title} lead={words.lead} actions={mayManage && <AddButton />}>
      {clusters.error && !clusters.data ? (
        <LoadError error={clusters.error} retry={() => void clusters.refetch()} />
      ) : !clusters.data ? (
        <div className={styles.cards}>
          {[0, 1, 2].map((i) => (
            <div key={i} className={`card ${styles.card}`}>
              <Skeleton active paragraph={{ rows: 5 }} />
            </div>
          ))}
        </div>
      ) : clusters.data.items.length === 0 ? (
        <div className={`card ${styles.empty}`}>
          <h2>{words.none}</h2>
          <p className="soft">{mayManage ? words.noneAdmin : words.noneHint}</p>
          {mayManage && <AddButton />}
        </div>
      ) : (
        <ul className={styles.cards}>
          {clusters.data.items.map((cluster) => (
            <ClusterCard key={cluster.name} cluster={cluster} />
          ))}
        </ul>
      )}
    </Page>
  );
}

function AddButton() {
  const words = useMessages(clusterMessages);
  return (
    <Link to="/clusters/new">
      <Button type="primary" icon={<PlusOutlined aria-hidden />} tabIndex={-1}>
        {words.add}
      </Button>
    </Link>
  );
}

function ClusterCard({ cluster }: { cluster: Cluster }) {
  const words = useMessages(clusterMessages);
  return (
    <li className={`card ${styles.card}`}>
      <div>
        <h2>
          <Link to={`/clusters/${cluster.name}`}>{cluster.displayName}</Link>
        </h2>
        <p className={styles.under}>
          {cluster.displayName !== cluster.name && <span className="soft code">{cluster.name}</span>}
          <Reachable cluster={cluster} />
        </p>
      </div>
      {cluster.components.length > 0 ? (
        <table className={styles.parts} data-stale={!cluster.reachable || undefined} aria-label={words.parts}>
          <tbody>
            {cluster.components.map((component) => (
              <tr key={component.name} title={component.message}>
                <th scope="row">{component.name}</th>
                <td className="soft">{component.version}</td>
                <td>
                  <PartState component={component} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="soft">{words.notChecked}</p>
      )}
      {!cluster.reachable && cluster.components.length > 0 && <p className="soft">{words.stale}</p>}
      <p className={styles.counts}>
        <Link to={`/releases?cluster=${cluster.name}`}>{words.tasks(cluster.tasks)}</Link>
        <span className="soft">{words.namespaces(cluster.namespaces)}</span>
      </p>
    </li>
  );
}
