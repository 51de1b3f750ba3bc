import { CheckOutlined } from '@ant-design/icons';
import type { Step, TaskDetail } from '../../api/types';
import { useLanguage, useMessages } from '../../app/i18n';
import { releaseMessages } from '../../components/release/messages';
import { standingOf } from '../../components/release/standing';
import { parseWait } from '../../components/release/wait';
import { duration, useNow } from '../../components/time';
import { detailMessages } from './messages';
import styles from './steps.module.css';

/** The steps of the task, drawn: what is behind, where it stands and what for, what is to come. */
export function Steps({ task }: { task: TaskDetail }) {
  const words = useMessages(detailMessages);
  const release = useMessages(releaseMessages);
  const standing = standingOf(task);
  const last = task.steps[task.steps.length - 1];
  const stopped = standing.kind === 'failed' || standing.kind === 'stopped';
  const finishing = task.step !== undefined && task.step.number > task.step.count;
  return (
    <ol className={styles.steps} data-kind={standing.kind} data-many={task.steps.length > 7 || undefined}>
      {task.steps.map((step, i) => {
        const state = i < standing.done ? 'done' : i + 1 === standing.current ? 'current' : stopped ? 'stopped' : 'coming';
        return (
          <li key={i} className={styles.step} data-state={state}>
            <StepMark step={step} state={words.stepState[state]} />
            {state === 'current' ? <CurrentWait task={task} /> : <Wait step={step} />}
          </li>
        );
      })}
      {last && last.weight < 100 && (
        <li className={styles.step} data-state={standing.kind === 'stable' ? 'done' : finishing ? 'current' : stopped ? 'stopped' : 'coming'}>
          <span className={styles.weight}>{release.percent(100)}</span>
          <span className={styles.dot}>{standing.kind === 'stable' && <CheckOutlined aria-hidden />}</span>
          <span className={styles.wait}>{words.everybody}</span>
        </li>
      )}
    </ol>
  );
}

function StepMark({ step, state }: { step: Step; state: string }) {
  const release = useMessages(releaseMessages);
  return (
    <>
      <span className={styles.weight}>{release.percent(step.weight)}</span>
      <span className={styles.dot}>
        <span className="visually-hidden">{state}</span>
      </span>
    </>
  );
}

function Wait({ step }: { step: Step }) {
  const words = useMessages(detailMessages);
  const language = useLanguage();
  const wait = parseWait(step.wait);
  return <span className={styles.wait}>{wait > 0 ? duration(wait, language) : words.waitsPerson}</span>;
}

function CurrentWait({ task }: { task: TaskDetail }) {
  const words = useMessages(detailMessages);
  const release = useMessages(releaseMessages);
  switch (task.step?.waitsFor) {
    case 'Person':
      return <span className={styles.wait}>{task.waitsForMe ? release.waitsForYou : release.waitsForPerson}</span>;
    case 'Time':
      return task.step.endsAt ? <Countdown startedAt={task.step.startedAt} endsAt={task.step.endsAt} /> : null;
    case 'Pods':
      return <span className={styles.wait}>{words.lookingUp}</span>;
    case 'Analysis':
      return <span className={styles.wait}>{words.needsData}</span>;
    default:
      return <span className={styles.wait}>{words.movesOn}</span>;
  }
}

function Countdown({ startedAt, endsAt }: { startedAt: string | undefined; endsAt: string }) {
  const words = useMessages(detailMessages);
  const language = useLanguage();
  const now = useNow();
  const end = Date.parse(endsAt);
  const start = startedAt ? Date.parse(startedAt) : end;
  const left = Math.max(0, end - now);
  const gone = end > start ? Math.min(1, Math.max(0, (now - start) / (end - start))) : 1;
  return (
    <span className={styles.wait} role="timer">
      {left < 1_000 ? words.movesOn : words.left(duration(left, language))}
      <span className={styles.bar} aria-hidden>
        <span style={{ transform: `scaleX(${gone})` }} />
      </span>
    </span>
  );
}
