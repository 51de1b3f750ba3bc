import { InputNumber } from 'antd';
import { useMessages } from '../../app/i18n';
import { Field } from '../../components/field';
import { MonitoringEditor, type Where } from './monitoring-editor';
import { problemMessages, sentence } from '../../components/problem';
import { instancesProblem, maxInstances, type RulesInput } from './rules';
import { rulesMessages } from './rules-messages';
import { StepEditor } from './step-editor';
import styles from './wizard.module.css';

interface Props {
  value: RulesInput;
  onChange: (value: RulesInput) => void;
  /** Say also what is missing: after the person wanted to go on. */
  complete?: boolean;
  /** Where live values of metrics come from; none are shown when absent. */
  where?: Where;
  /** How many instances run now. */
  running?: number;
  autoscaler?: { name: string; min: number; max: number };
  /** Requests are split by number of pods, which can't be finer than one of them. */
  byInstances?: boolean;
}

/** What of a release task can be changed later: instances, steps, monitoring. */
export function RulesEditor(props: Props) {
  return (
    <div className={styles.sections}>
      <InstancesSection {...props} />
      <StepsSection {...props} />
      <MonitoringSection {...props} />
    </div>
  );
}

export function InstancesSection({ value, onChange, running, autoscaler }: Props) {
  const words = useMessages(rulesMessages);
  const problemWords = useMessages(problemMessages);
  const problem = instancesProblem(value.instances);
  return (
    <section className={styles.section}>
      <div className={styles.narrowField}>
        <Field
          label={words.instances}
          hint={autoscaler ? words.instancesAutoscaler(autoscaler.name, autoscaler.min, autoscaler.max) : words.instancesHint}
          problem={problem && sentence(problemWords, problem)}
        >
          {(control) => (
            <InputNumber<number>
              {...control}
              className={styles.wide}
              min={1}
              max={maxInstances}
              precision={0}
              placeholder={running === undefined ? undefined : words.instancesKeep(running)}
              value={value.instances}
              onChange={(instances) => onChange({ ...value, instances })}
            />
          )}
        </Field>
      </div>
    </section>
  );
}

export function StepsSection({ value, onChange, complete, running, byInstances = false }: Props) {
  const words = useMessages(rulesMessages);
  const count = value.instances ?? running;
  return (
    <section className={styles.section}>
      <div>
        <h2>{words.steps}</h2>
        <p className="soft">{words.stepsHint}</p>
      </div>
      <StepEditor steps={value.steps} complete={complete} onChange={(steps) => onChange({ ...value, steps })} />
      {byInstances && count !== undefined && count > 0 && <p className="soft">{words.coarse(count, Math.round(100 / count))}</p>}
    </section>
  );
}

export function MonitoringSection({ value, onChange, complete, where }: Props) {
  return (
    <section className={styles.section}>
      <MonitoringEditor value={value.monitoring} steps={value.steps.length} where={where} complete={complete} onChange={(monitoring) => onChange({ ...value, monitoring })} />
    </section>
  );
}
