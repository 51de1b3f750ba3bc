import { UserOutlined } from '@ant-design/icons';
import { useLanguage, useMessages } from '../../app/i18n';
import { duration } from '../../components/time';
import { rulesMessages } from './rules-messages';
import type { StepInput } from './steps';
import { stages, type Stage } from './traffic';
import styles from './traffic-drawing.module.css';

interface Props {
  steps: readonly StepInput[];
  /** Without axis and legend, for a summary. */
  small?: boolean;
}

/** Draws the share of requests of each version over the time of a release. */
export function TrafficDrawing({ steps, small = false }: Props) {
  const words = useMessages(rulesMessages);
  const language = useLanguage();
  const all = stages(steps);
  const said = all
    .filter((stage) => stage.endsBy !== 'nothing')
    .map((stage) => (stage.endsBy === 'person' ? words.drawingPerson(stage.weight) : words.drawingTime(stage.weight, duration(stage.milliseconds, language))))
    .join(language === 'zh' ? '，' : ', ');
  return (
    <figure className={small ? styles.small : styles.figure}>
      {!small && (
        <figcaption className={styles.caption}>
          <span>{words.drawing}</span>
          <span className={styles.legend} aria-hidden>
            <span className={styles.canaryKey}>{words.drawingCanary}</span>
            <span className={styles.stableKey}>{words.drawingStable}</span>
          </span>
        </figcaption>
      )}
      <div className={styles.plot} role="img" aria-label={words.drawingSentence(said)}>
        {!small && (
          <div className={styles.axis} aria-hidden>
            <span>100 %</span>
            <span>50 %</span>
            <span>0 %</span>
          </div>
        )}
        <div className={styles.stages} aria-hidden>
          {all.map((stage) => (
            <StageColumn key={stage.id} stage={stage} small={small} />
          ))}
        </div>
      </div>
    </figure>
  );
}

function StageColumn({ stage, small }: { stage: Stage; small: boolean }) {
  const words = useMessages(rulesMessages);
  const language = useLanguage();
  const what =
    stage.endsBy === 'nothing'
      ? words.all
      : stage.endsBy === 'person'
        ? words.drawingPerson(stage.weight)
        : words.drawingTime(stage.weight, duration(stage.milliseconds, language));
  return (
    <div className={styles.stage} style={{ width: `${stage.width * 100}%` }} title={what} data-ends-by={stage.endsBy}>
      <div className={styles.bar}>
        <div className={styles.canary} style={{ height: `${stage.weight}%` }} />
        {!small && (
          <span className={stage.weight > 84 ? styles.weightInside : styles.weight} style={{ bottom: `${stage.weight}%` }}>
            {stage.weight} %
          </span>
        )}
      </div>
      {!small && (
        <span className={stage.endsBy === 'person' ? styles.person : styles.time}>
          {stage.endsBy === 'person' && <UserOutlined />}
          {stage.endsBy === 'time' && duration(stage.milliseconds, language)}
        </span>
      )}
    </div>
  );
}
