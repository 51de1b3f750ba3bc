import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { api, call } from '../../api/client';
import type { Pod, TaskDetail, VersionRow } from '../../api/types';
import { useMessages } from '../../app/i18n';
import { releaseMessages } from '../../components/release/messages';
import { taskKeys } from '../../components/release/paths';
import { Since } from '../../components/time';
import { detailMessages } from './messages';
import { pathOf } from './use-task';
import styles from './versions.module.css';

// So many pods are shown before somebody asks for all of them.
const fewPods = 6;

/** Stable and canary side by side: images, share of requests, pods. */
export function Versions({ task }: { task: TaskDetail }) {
  const words = useMessages(detailMessages);
  const release = useMessages(releaseMessages);
  const running = task.phase !== 'Healthy' && task.phase !== 'Blocked';
  const pods = useQuery({
    queryKey: taskKeys.part(task, 'pods'),
    queryFn: ({ signal }) => call(api.GET('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}/pods', { params: { path: pathOf(task) }, signal })),
    // Restarts and reasons change without the task changing.
    refetchInterval: running ? 5_000 : 20_000,
  });
  const of = (...versions: Pod['version'][]) => pods.data?.items.filter((pod) => versions.includes(pod.version)) ?? [];
  const { stable, canary } = task;
  if (!stable) return null;
  return (
    <section className={`card ${styles.versions}`} aria-label={words.versions}>
      {canary && (
        <div
          className={styles.share}
          role="img"
          aria-label={words.shareBar(stable.display, stable.weight, canary.display, canary.weight)}
        >
          {stable.weight > 0 && <span className={styles.stableShare} style={{ flexGrow: stable.weight }} />}
          {canary.weight > 0 && <span className={styles.canaryShare} style={{ flexGrow: canary.weight }} />}
        </div>
      )}
      <div className={styles.columns}>
        <Version title={release.stable} kind="stable" version={stable} pods={of('Stable', 'Deployment')} known={!pods.error} />
        {canary && <Version title={release.canary} kind="canary" version={canary} pods={of('Canary')} known={!pods.error} />}
      </div>
    </section>
  );
}

function Version({ title, kind, version, pods, known }: { title: string; kind: 'stable' | 'canary'; version: VersionRow; pods: readonly Pod[]; known: boolean }) {
  const words = useMessages(detailMessages);
  const [all, setAll] = useState(false);
  const shown = all ? pods : pods.slice(0, fewPods);
  return (
    <div className={styles.version} data-kind={kind}>
      <div className={styles.head}>
        <h2>
          <span className={styles.mark} aria-hidden />
          {title} {version.display}
        </h2>
        <span className={styles.weight} data-none={version.weight === 0 || undefined}>{version.weight > 0 ? words.share(version.weight) : words.notServing}</span>
      </div>
      <ul className={styles.images}>
        {version.containers.map((container) => (
          <li key={container.name} className="code" title={container.name}>
            {container.image}
          </li>
        ))}
      </ul>
      <p className={styles.readiness}>
        {version.instances > 0 ? (
          <>
            <Dots ready={version.ready} wanted={version.instances} /> {words.ready(version.ready, version.instances)}
          </>
        ) : (
          words.noPods
        )}
      </p>
      {!known && <p className="soft">{words.podsUnknown}</p>}
      <ul className={styles.pods} aria-label={words.pods}>
        {shown.map((pod) => (
          <PodLine key={pod.name} pod={pod} />
        ))}
      </ul>
      {pods.length > shown.length && (
        <Button type="link" size="small" onClick={() => setAll(true)}>
          {words.showPods(pods.length)}
        </Button>
      )}
    </div>
  );
}

function Dots({ ready, wanted }: { ready: number; wanted: number }) {
  if (wanted > 20) return null;
  return (
    <span className={styles.dots} aria-hidden>
      {Array.from({ length: wanted }, (_, i) => (
        <span key={i} data-ready={i < ready || undefined} />
      ))}
    </span>
  );
}

function PodLine({ pod }: { pod: Pod }) {
  const words = useMessages(detailMessages);
  return (
    <li className={styles.pod} data-ready={pod.ready || undefined}>
      <span className={styles.podName}>
        <span className={styles.podDot} aria-hidden />
        <span className="code one-line" title={pod.name}>
          {pod.name}
        </span>
      </span>
      <span className={styles.podState} data-broken={(!pod.ready && isTrouble(pod)) || undefined}>
        {pod.state} · {pod.restarts > 0 ? words.restarts(pod.restarts) : words.noRestarts} · <Since time={pod.createdAt} bare />
      </span>
      {pod.message && <span className={styles.podMessage}>{pod.message}</span>}
    </li>
  );
}

// States that don't pass by themselves; a pod that is being created or ends is no trouble.
function isTrouble(pod: Pod): boolean {
  return /BackOff|Err|Error|OOM|Failed|Invalid|Evicted|Unschedulable/.test(pod.state);
}
