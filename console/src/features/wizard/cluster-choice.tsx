import { CheckOutlined, CloseOutlined, QuestionOutlined } from '@ant-design/icons';
import { Alert, Button, Skeleton } from 'antd';
import { LoadError } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { Since } from '../../components/time';
import { ChoiceCard } from '../../components/choice-card';
import styles from './choices.module.css';
import type { TrafficKind } from './draft';
import { wizardMessages } from './messages';
import { useClusters, type Cluster } from './queries';

interface Props {
  chosen: string | undefined;
  traffic: TrafficKind;
  choose: (cluster: string, traffic: TrafficKind) => void;
}

/** The clusters as cards: what each has, and what those lack that cannot be chosen. */
export function ClusterChoice({ chosen, traffic, choose }: Props) {
  const words = useMessages(wizardMessages);
  const clusters = useClusters();
  if (clusters.error && !clusters.data) return <LoadError error={clusters.error} retry={() => void clusters.refetch()} />;
  if (!clusters.data) return <Skeleton active title={false} paragraph={{ rows: 3 }} />;
  if (clusters.data.items.length === 0) return <Alert type="info" showIcon title={words.noClusters} description={words.noClustersHint} />;
  return (
    <div className={styles.cards} role="radiogroup" aria-label={words.cluster}>
      {clusters.data.items.map((cluster) => (
        <ClusterCard key={cluster.name} cluster={cluster} checked={cluster.name === chosen} traffic={traffic} choose={choose} />
      ))}
    </div>
  );
}

function ClusterCard({ cluster, checked, traffic, choose }: { cluster: Cluster; checked: boolean; traffic: TrafficKind; choose: Props['choose'] }) {
  const words = useMessages(wizardMessages);
  const { usable } = cluster;
  const possible = cluster.reachable && (usable.istio || (usable.instances && checked && traffic === 'Instances'));
  const onlyMeshLacks = cluster.reachable && usable.instances && !usable.istio;
  return (
    <ChoiceCard
      group="cluster"
      title={cluster.displayName}
      checked={checked}
      disabled={!possible}
      onChoose={() => choose(cluster.name, usable.istio ? 'Istio' : 'Instances')}
      foot={
        onlyMeshLacks &&
        !checked && (
          <Button type="link" size="small" className={styles.inline} onClick={() => choose(cluster.name, 'Instances')}>
            {words.withoutMesh}
          </Button>
        )
      }
    >
      {cluster.displayName !== cluster.name && <span className={`soft code ${styles.small}`}>{cluster.name}</span>}
      {cluster.reachable ? (
        <span className={styles.parts}>
          {cluster.components
            .filter((component) => component.name !== 'Kubernetes' && component.name !== 'Workbench')
            .map((component) => (
              <Part key={component.name} name={component.name} state={component.state} version={component.version} />
            ))}
        </span>
      ) : (
        <span className={styles.lacks}>
          {words.unreachable}
          {cluster.since && (
            <>
              {' '}
              (<Since time={cluster.since} />)
            </>
          )}
        </span>
      )}
      {cluster.reachable &&
        usable.lacking.map((sentence) => (
          <span key={sentence} className={styles.lacks}>
            {sentence}
          </span>
        ))}
    </ChoiceCard>
  );
}

function Part({ name, state, version }: { name: string; state: string; version?: string }) {
  const there = state === 'Ready' || state === 'Installed';
  return (
    <span className={there ? styles.part : styles.partMissing} title={state}>
      {there ? <CheckOutlined aria-hidden /> : state === 'Unknown' ? <QuestionOutlined aria-hidden /> : <CloseOutlined aria-hidden />}
      {name}
      {version && <span className="soft">{version}</span>}
      {!there && <span className="visually-hidden">{state}</span>}
    </span>
  );
}
