import { DeleteOutlined, PlusOutlined, UserOutlined } from '@ant-design/icons';
import { Button, InputNumber, Select, Space } from 'antd';
import { useRef } from 'react';
import { useLanguage, useMessages } from '../../app/i18n';
import { duration } from '../../components/time';
import { problemMessages, sentence, type Problem } from '../../components/problem';
import { rulesMessages } from './rules-messages';
import { addStep, insertStep, maxSteps, presetOf, presets, sortSteps, stepProblems, toInput, type PresetName, type StepInput } from './steps';
import styles from './step-editor.module.css';
import { StepTotal } from './step-total';
import { TrafficDrawing } from './traffic-drawing';
import { waitMilliseconds, type WaitUnit } from './wait';

interface Props {
  steps: StepInput[];
  onChange: (steps: StepInput[]) => void;
  /** Say also what is missing, not only what is wrong: after the person wanted to go on. */
  complete?: boolean;
}

/** The steps of a release: presets, a table, and a drawing of the traffic that follows every change. */
export function StepEditor({ steps, onChange, complete = false }: Props) {
  const words = useMessages(rulesMessages);
  const problemWords = useMessages(problemMessages);
  const problems = stepProblems(steps);
  const table = useRef<HTMLDivElement>(null);
  const falls = problems.steps.some((problem) => problem.weight?.key === 'weightFalls');

  function change(index: number, part: Partial<StepInput>) {
    onChange(steps.map((step, i) => (i === index ? { ...step, ...part } : step)));
  }

  function add(index: number) {
    onChange(index === steps.length - 1 ? addStep(steps) : insertStep(steps, index));
    // The row is there after the next frame.
    requestAnimationFrame(() => table.current?.querySelectorAll<HTMLInputElement>('input[data-weight]')[index + 1]?.select());
  }

  return (
    <div className={styles.editor}>
      <Presets chosen={presetOf(steps)} choose={(name) => onChange(toInput(presets[name]))} />
      <div className={styles.columns}>
        <div ref={table}>
          <div className={styles.table} role="table" aria-label={words.steps}>
            <div className={styles.head} role="row">
              <span role="columnheader">{words.step}</span>
              <span role="columnheader">{words.weight}</span>
              <span role="columnheader">{words.wait}</span>
              <span role="columnheader">{words.what}</span>
              <span role="cell" />
            </div>
            {steps.map((step, i) => (
              <Row
                key={step.id}
                step={step}
                number={i + 1}
                problem={shown(problems.steps[i]?.weight, complete) ?? problems.steps[i]?.wait}
                change={(part) => change(i, part)}
                add={steps.length < maxSteps ? () => add(i) : undefined}
                remove={steps.length > 1 ? () => onChange(steps.filter((other) => other !== step)) : undefined}
              />
            ))}
          </div>
          {problems.list && (
            <p className={styles.problem} role="alert">
              {sentence(problemWords, problems.list)}
            </p>
          )}
          <div className={styles.below}>
            <Button icon={<PlusOutlined aria-hidden />} disabled={steps.length >= maxSteps} onClick={() => add(steps.length - 1)}>
              {words.add}
            </Button>
            {falls && <Button onClick={() => onChange(sortSteps(steps))}>{words.sort}</Button>}
          </div>
        </div>
        <div className={styles.side}>
          <TrafficDrawing steps={steps} />
          <StepTotal steps={steps} />
        </div>
      </div>
    </div>
  );
}

/** A weight that is not there yet is no reason to complain while the row is being filled. */
function shown(problem: Problem | undefined, complete: boolean): Problem | undefined {
  return problem?.key === 'weightMissing' && !complete ? undefined : problem;
}

function Presets({ chosen, choose }: { chosen: PresetName | undefined; choose: (name: PresetName) => void }) {
  const words = useMessages(rulesMessages);
  return (
    <div className={styles.presets} role="group" aria-label={words.presets}>
      {(Object.keys(presets) as PresetName[]).map((name) => (
        <button key={name} type="button" className={styles.preset} aria-pressed={name === chosen} onClick={() => choose(name)}>
          <strong>{words.presetNames[name]}</strong>
          <span>{words.presetHints[name]}</span>
        </button>
      ))}
    </div>
  );
}

interface RowProps {
  step: StepInput;
  number: number;
  problem: Problem | undefined;
  change: (part: Partial<StepInput>) => void;
  add: (() => void) | undefined;
  remove: (() => void) | undefined;
}

function Row({ step, number, problem, change, add, remove }: RowProps) {
  const words = useMessages(rulesMessages);
  const problemWords = useMessages(problemMessages);
  const language = useLanguage();
  const wait = waitMilliseconds(step.wait);
  const about = problem ? `${step.id}-problem` : undefined;
  const weightWrong = problem?.key.startsWith('weight');
  return (
    <div className={styles.row} role="row">
      <span role="cell" className={styles.number}>
        {number}
      </span>
      <span role="cell">
        <InputNumber<number>
          data-weight
          aria-label={words.weightOf(number)}
          aria-describedby={about}
          status={weightWrong ? 'error' : ''}
          value={step.weight}
          min={1}
          max={100}
          precision={0}
          changeOnBlur={false}
          suffix="%"
          className={styles.weight}
          onChange={(weight) => change({ weight })}
        />
      </span>
      <span role="cell">
        <Space.Compact className={styles.wait}>
          <InputNumber<number>
            aria-label={words.waitOf(number)}
            aria-describedby={about}
            status={problem && !weightWrong ? 'error' : ''}
            value={step.wait.amount || null}
            min={0}
            controls={false}
            placeholder={words.forPerson}
            onChange={(amount) => change({ wait: { ...step.wait, amount } })}
          />
          <Select<WaitUnit>
            aria-label={words.unitOf(number)}
            value={step.wait.unit}
            options={(['s', 'm', 'h'] as const).map((unit) => ({ value: unit, label: words.units[unit] }))}
            popupMatchSelectWidth={false}
            onChange={(unit) => change({ wait: { ...step.wait, unit } })}
          />
        </Space.Compact>
      </span>
      <span role="cell" className={wait > 0 ? styles.what : styles.person}>
        {wait <= 0 && <UserOutlined aria-hidden />}
        <span>{wait > 0 ? words.holdsFor(step.weight ?? 0, duration(wait, language)) : words.holdsForPerson(step.weight ?? 0)}</span>
      </span>
      <span role="cell" className={styles.actions}>
        <Button type="text" size="small" icon={<PlusOutlined aria-hidden />} aria-label={words.addAfter(number)} title={words.addAfter(number)} disabled={!add} onClick={add} />
        <Button type="text" size="small" icon={<DeleteOutlined aria-hidden />} aria-label={words.remove(number)} title={words.remove(number)} disabled={!remove} onClick={remove} />
      </span>
      {problem && (
        <span role="cell" id={about} className={styles.rowProblem}>
          <span role="alert">{sentence(problemWords, problem)}</span>
        </span>
      )}
    </div>
  );
}
