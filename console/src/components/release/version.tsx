import type { ContainerImage, TaskRow } from '../../api/types';
import { useMessages } from '../../app/i18n';
import { releaseMessages } from './messages';
import styles from './version.module.css';

/** Which version serves, and which one is on its way or failed. */
export function Versions({ task }: { task: Pick<TaskRow, 'phase' | 'stable' | 'canary'> }) {
  const words = useMessages(releaseMessages);
  const { stable, canary, phase } = task;
  if (!stable) return <span className="soft">–</span>;
  if (!canary) return <span className={styles.stable}>{stable.display}</span>;
  if (phase === 'Failed' || phase === 'Terminated') {
    return (
      <span>
        <span className={styles.stable}>{stable.display}</span>{' '}
        <span className="soft">({phase === 'Failed' ? words.failedVersion(canary.display) : words.stoppedVersion(canary.display)})</span>
      </span>
    );
  }
  return (
    <span>
      <span className={styles.stable}>{stable.display}</span>
      <span className={styles.arrow}> → </span>
      <span className={styles.canary}>{canary.display}</span>
    </span>
  );
}

/** The image without its registry: what differs between versions stays in sight. */
export function shortImage(image: string): string {
  const [path, digest] = image.split('@', 2);
  const parts = (path ?? image).split('/');
  const name = parts[parts.length - 1] ?? image;
  return digest ? `${name}@${digest.replace(/^sha256:/, '').slice(0, 8)}` : name;
}

/** All images, a line each, for a title. */
export function imageList(containers: readonly ContainerImage[]): string {
  return containers.map((container) => `${container.name}: ${container.image}`).join('\n');
}
