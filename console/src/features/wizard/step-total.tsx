import { ClockCircleOutlined } from '@ant-design/icons';
import { useLanguage, useMessages } from '../../app/i18n';
import { duration } from '../../components/time';
import { rulesMessages } from './rules-messages';
import { hasProblems, stepProblems, totalTime, type StepInput } from './steps';
import styles from './step-total.module.css';

/** How long a release takes by these steps: "50 min if nobody waits; step 3 waits for a person". */
export function StepTotal({ steps }: { steps: readonly StepInput[] }) {
  const words = useMessages(rulesMessages);
  const language = useLanguage();
  if (hasProblems(stepProblems(steps))) return null;
  const { milliseconds, persons } = totalTime(steps);
  const time = duration(milliseconds, language);
  return (
    <p className={styles.total}>
      <ClockCircleOutlined aria-hidden />
      <span>
        <strong>{persons.length === 0 ? words.total(time) : milliseconds === 0 ? words.totalOnlyPersons : words.totalIfNobody(time)}</strong>
        {persons.length > 0 && <> · {words.totalPersons(persons)}</>}
        {language === 'zh' ? '' : ' '}
        <span className="soft">{words.totalPods}</span>
      </span>
    </p>
  );
}
