import type { AnalysisReport, TaskDetail } from '../../api/types';
import { useLanguage, useMessages } from '../../app/i18n';
import { Since, exactTime } from '../../components/time';
import { Numbers } from './numbers';
import styles from './explanation.module.css';
import { detailMessages } from './messages';

/** Explains a release that went back: which rule, which numbers, when, what serves now, what to do. */
export function WentBack({ task, report }: { task: TaskDetail; report: AnalysisReport | undefined }) {
  const words = useMessages(detailMessages);
  const language = useLanguage();
  const last = task.lastRelease;
  const reason = last?.reason ?? task.message;
  const broken = report?.revision === last?.revision ? (report?.checks.filter((check) => check.result === 'Fail') ?? []) : [];
  return (
    <section className={`card ${styles.explanation}`} data-tone="broken" aria-label={words.why}>
      <h2>{words.why}</h2>
      <p className={styles.reason}>{reason}</p>
      <dl className={styles.facts}>
        {broken.length > 0 && (
          <>
            <dt>{words.broke}</dt>
            <dd>
              {broken.map((check) => (
                <p key={`${check.metric}/${check.kind}`} className={styles.rule}>
                  <span className="code">{check.metric}</span> <Numbers check={check} />
                  {/* What the reason above says already isn't said again. */}
                  {!reason.includes((check.evidence ?? '').replace(/\.$/, '')) && <span>{check.evidence}</span>}
                </p>
              ))}
            </dd>
          </>
        )}
        {last?.endedAt && (
          <>
            <dt>{words.moment}</dt>
            <dd>
              {exactTime(last.endedAt, language)} <span className="soft">· <Since time={last.endedAt} /></span>
            </dd>
          </>
        )}
        {task.stable && (
          <>
            <dt>{words.servesNow}</dt>
            <dd>{words.servesAll(task.stable.display, task.stable.ready, task.stable.instances)}</dd>
          </>
        )}
        <dt>{words.whatNow}</dt>
        <dd>{words.whatNowText}</dd>
      </dl>
    </section>
  );
}

/** What stands in the way of a take-over, in the hub's words: they say how to mend it. */
export function InTheWay({ obstacles }: { obstacles: string }) {
  const words = useMessages(detailMessages);
  return (
    <section className={`card ${styles.explanation}`} data-tone="waiting" aria-label={words.obstacles}>
      <h2>{words.obstacles}</h2>
      <p className={styles.reason}>{obstacles}</p>
      <p className="soft">{words.obstaclesText}</p>
    </section>
  );
}
