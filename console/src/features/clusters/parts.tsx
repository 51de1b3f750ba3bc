import { CheckCircleOutlined, CloseCircleOutlined, DisconnectOutlined, ExclamationCircleOutlined, LoadingOutlined, QuestionCircleOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useLanguage, useMessages } from '../../app/i18n';
import { duration, exactTime, useNow } from '../../components/time';
import styles from './clusters.module.css';
import { clusterMessages } from './messages';
import type { Cluster, Component } from './settings';

/** Whether the cluster answers, and since when. */
export function Reachable({ cluster }: { cluster: Cluster }) {
  const words = useMessages(clusterMessages);
  if (cluster.reachable) {
    return (
      <span className="soft">
        <CheckCircleOutlined aria-hidden /> {words.reachable}
      </span>
    );
  }
  if (!cluster.since && !cluster.message) {
    return (
      <span className="soft">
        <LoadingOutlined aria-hidden /> {words.connecting}
      </span>
    );
  }
  return (
    <span className={styles.broken}>
      <DisconnectOutlined aria-hidden /> {cluster.since ? <UnreachableFor since={cluster.since} /> : words.unreachable}
    </span>
  );
}

function UnreachableFor({ since }: { since: string }) {
  const words = useMessages(clusterMessages);
  const language = useLanguage();
  const now = useNow(10_000);
  return (
    <time dateTime={since} title={exactTime(since, language)}>
      {words.unreachableFor(duration(now - Date.parse(since), language))}
    </time>
  );
}

const marks: Record<Component['state'], ReactNode> = {
  Ready: <CheckCircleOutlined aria-hidden />,
  Installed: <CheckCircleOutlined aria-hidden />,
  NotRunning: <ExclamationCircleOutlined aria-hidden />,
  TooOld: <ExclamationCircleOutlined aria-hidden />,
  Missing: <CloseCircleOutlined aria-hidden />,
  Unknown: <QuestionCircleOutlined aria-hidden />,
};

/** The state of a part in a word and a shape; red only for what is needed and does not run. */
export function PartState({ component }: { component: Component }) {
  const words = useMessages(clusterMessages);
  const { state } = component;
  const broken = state === 'NotRunning' || state === 'TooOld' || (state === 'Missing' && component.neededFor === 'always');
  return (
    <span className={broken ? styles.broken : state === 'Ready' || state === 'Installed' ? undefined : 'soft'}>
      {marks[state]} {words.states[state]}
    </span>
  );
}

export function neededFor(component: Component): 'always' | 'weights' | 'analysis' {
  if (component.neededFor === 'always' || component.neededFor === 'analysis') return component.neededFor;
  return 'weights';
}
