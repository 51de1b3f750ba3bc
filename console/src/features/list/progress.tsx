import { useLanguage, useMessages } from '../../app/i18n';
import type { TaskRow } from '../../api/types';
import { releaseMessages } from '../../components/release/messages';
import { PhaseLabel } from '../../components/release/phase';
import { canaryShare, standingWords } from '../../components/release/standing';
import { Track } from '../../components/release/track';
import { useNow } from '../../components/time';
import styles from './progress.module.css';

/** How far a release is, who must act, and what it waits for. */
export function Progress({ task }: { task: TaskRow }) {
  const release = useMessages(releaseMessages);
  const share = canaryShare(task);
  const drawn = ['Healthy', 'Releasing', 'Waiting'].includes(task.phase) && task.steps.length > 0;
  return (
    <div className={styles.progress}>
      <div className={styles.line}>
        <PhaseLabel phase={task.phase} />
        {drawn && <Track task={task} />}
        {share !== null && <span className={styles.share}>{release.percent(share)}</span>}
      </div>
      <Words task={task} />
    </div>
  );
}

function Words({ task }: { task: TaskRow }) {
  // Only a countdown needs every second.
  return task.phase === 'Releasing' && task.step?.waitsFor === 'Time' ? <Ticking task={task} /> : <Text task={task} now={0} />;
}

function Ticking({ task }: { task: TaskRow }) {
  return <Text task={task} now={useNow()} />;
}

function Text({ task, now }: { task: TaskRow; now: number }) {
  const release = useMessages(releaseMessages);
  const language = useLanguage();
  const words = standingWords(task, release, language, now);
  if (words === '' || words === release.phases[task.phase] || task.phase === 'Healthy') return null;
  const explains = task.phase === 'Failed' || task.phase === 'Blocked';
  return (
    <p className={styles.words} data-mine={task.waitsForMe || undefined} data-explains={explains || undefined} title={task.message}>
      {words}
    </p>
  );
}
