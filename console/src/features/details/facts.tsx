import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { TaskDetail } from '../../api/types';
import { useMessages } from '../../app/i18n';
import { Since } from '../../components/time';
import styles from './facts.module.css';
import { detailMessages } from './messages';

/** What the task is about and what it took over. */
export function Facts({ task }: { task: TaskDetail }) {
  const words = useMessages(detailMessages);
  const fact = words.fact;
  const mesh = task.traffic === 'Istio';
  const metrics = task.spec.analysis?.metrics.length ?? 0;
  const entries: [string, ReactNode][] = [
    [fact.workload, `${task.workload.kind ?? 'Deployment'} ${task.workload.name}`],
    [fact.where, `${task.cluster} / ${task.namespace}`],
    [fact.strategy, words.canaryStrategy],
    [fact.traffic, mesh ? words.byMesh : words.byInstances],
    [fact.service, task.takeOver?.service],
    [fact.virtualService, task.takeOver?.virtualService],
    [fact.destinationRule, task.takeOver?.destinationRule],
    [fact.autoscaler, task.takeOver?.autoscaler],
    [fact.instances, task.spec.instances ?? (task.takeOver ? `${task.takeOver.instances}, ${words.asBefore}` : words.asBefore)],
    [fact.analysis, metrics > 0 ? words.analysisOn(metrics) : words.analysisOff],
    [
      fact.workspaces,
      task.workspaces.map((workspace, i) => (
        <span key={workspace}>
          {i > 0 && ', '}
          <Link to={`/workspaces/${workspace}`}>{workspace}</Link>
        </span>
      )),
    ],
    [fact.created, <Since key="created" time={task.createdAt} />],
    [fact.takenOver, task.takeOver?.finishedAt && <Since key="taken" time={task.takeOver.finishedAt} />],
  ];
  return (
    <dl className={styles.facts}>
      {entries
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
