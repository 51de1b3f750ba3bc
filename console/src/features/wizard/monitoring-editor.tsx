import { PlusOutlined } from '@ant-design/icons';
import { Alert, Button, Checkbox, Collapse, InputNumber, Select, Switch } from 'antd';
import { useId, useMemo } from 'react';
import { useErrorSentence } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { Field } from '../../components/field';
import { firstMetrics, maxMetrics, monitoringProblems, newMetric, predefinedKinds, toAnalysis, type MetricInput, type MonitoringInput } from './metrics';
import { MetricCard, type Validated } from './metric-card';
import { monitoringMessages } from './monitoring-messages';
import styles from './monitoring-editor.module.css';
import { problemMessages, sentence } from '../../components/problem';
import { useValidation } from './queries';
import { useSettled } from './use-settled';

export interface Where {
  cluster: string;
  namespace: string;
  workload: string;
  service?: string;
}

interface Props {
  value: MonitoringInput;
  onChange: (value: MonitoringInput) => void;
  /** How many steps there are, for the step from which releases are judged. */
  steps: number;
  /** Whose live values are shown; none when absent. */
  where?: Where;
  complete?: boolean;
}

/** By which metrics a release is judged. */
export function MonitoringEditor({ value, onChange, steps, where, complete = false }: Props) {
  const words = useMessages(monitoringMessages);
  const problemWords = useMessages(problemMessages);
  const id = useId();
  const problems = monitoringProblems(value);
  const problemsOf = (metric: MetricInput) => problems.metrics[value.metrics.indexOf(metric)] ?? {};
  // One card for each kind, whether it is used or not; what stands in the rules more than once has a card each time.
  const unused = useMemo(() => predefinedKinds.map((kind) => newMetric(kind)), []);
  const cards = predefinedKinds.flatMap((kind) => {
    const used = value.metrics.filter((metric) => metric.kind === kind);
    return used.length > 0 ? used : unused.filter((metric) => metric.kind === kind);
  });
  const queries = value.metrics.filter((metric) => metric.kind === 'Query');
  const live = useLive(value, cards, where);

  const set = (metrics: MetricInput[]) => onChange({ ...value, metrics });
  const change = (metric: MetricInput) => set(value.metrics.map((other) => (other.id === metric.id ? metric : other)));
  const remove = (metric: MetricInput) => set(value.metrics.filter((other) => other.id !== metric.id));
  const full = value.metrics.length >= maxMetrics;

  return (
    <div>
      <div className={styles.head}>
        <div>
          <h2 id={id}>{words.title}</h2>
          <p className="soft">{words.hint}</p>
        </div>
        <Switch
          aria-labelledby={id}
          aria-label={words.on}
          checked={value.on}
          onChange={(on) => onChange({ ...value, on, metrics: on && value.metrics.length === 0 ? firstMetrics() : value.metrics })}
        />
      </div>
      {value.on && (
        <div className={styles.body}>
          {live.trouble && <Alert type="info" showIcon title={words.noValues} description={live.trouble} />}
          <div className={styles.cards} role="group" aria-label={words.metrics}>
            {cards.map((metric) => {
              const used = value.metrics.includes(metric);
              return (
                <MetricCard
                  key={metric.id}
                  metric={metric}
                  used={used}
                  problems={used ? problemsOf(metric) : {}}
                  live={live.of(metric)}
                  canUse={used || !full}
                  use={(wanted) => (wanted ? set([...value.metrics, metric]) : remove(metric))}
                  change={change}
                />
              );
            })}
            {queries.map((metric) => (
              <MetricCard key={metric.id} metric={metric} used problems={visible(problemsOf(metric), metric, complete)} live={live.of(metric)} canUse use={() => remove(metric)} change={change} />
            ))}
          </div>
          {problems.list && (
            <p className={styles.problem} role="alert">
              {sentence(problemWords, problems.list)}
            </p>
          )}
          <Button icon={<PlusOutlined aria-hidden />} disabled={full} className={styles.add} onClick={() => set([...value.metrics, newMetric('Query')])}>
            {words.addQuery}
          </Button>
          <Collapse ghost size="small" className={styles.more} items={[{ key: 'more', label: words.more, children: <More value={value} onChange={onChange} steps={steps} /> }]} />
        </div>
      )}
    </div>
  );
}

/** A query that a person has only begun to write is not told what it lacks. */
function visible(problems: ReturnType<typeof monitoringProblems>['metrics'][number], metric: MetricInput, complete: boolean) {
  if (complete) return problems;
  return {
    ...problems,
    name: metric.name === '' ? undefined : problems.name,
    limit: metric.limit === null ? undefined : problems.limit,
    promql: metric.promql === '' ? undefined : problems.promql,
  };
}

function More({ value, onChange, steps }: Pick<Props, 'value' | 'onChange' | 'steps'>) {
  const words = useMessages(monitoringMessages);
  return (
    <div className={styles.settings}>
      <Field label={words.fromStep}>
        {(control) => <InputNumber<number> {...control} min={1} max={Math.max(1, steps)} precision={0} value={Math.min(value.fromStep, Math.max(1, steps))} onChange={(fromStep) => onChange({ ...value, fromStep: fromStep ?? 1 })} />}
      </Field>
      <Field label={words.notEnough}>
        {(control) => (
          <Select
            {...control}
            value={value.onNotEnoughData}
            options={(['Hold', 'Continue', 'Fail'] as const).map((policy) => ({ value: policy, label: words.notEnoughNames[policy] }))}
            onChange={(onNotEnoughData) => onChange({ ...value, onNotEnoughData })}
          />
        )}
      </Field>
      <Checkbox checked={value.dryRun} onChange={(event) => onChange({ ...value, dryRun: event.target.checked })}>
        {words.dryRun}
      </Checkbox>
    </div>
  );
}

/** Today's values of all cards, asked for when nobody has typed for a moment. */
function useLive(value: MonitoringInput, cards: readonly MetricInput[], where: Where | undefined): { of: (metric: MetricInput) => Validated | 'looking' | undefined; trouble: string | null } {
  const errorSentence = useErrorSentence();
  // Names need not be the person's: they lead from an answer back to its card.
  const asked = [...cards, ...value.metrics.filter((metric) => metric.kind === 'Query')].slice(0, maxMetrics).map((metric, i) => ({ ...metric, name: `m${i}` }));
  const sound = monitoringProblems({ ...value, on: true, metrics: asked }).metrics;
  const good = asked.filter((_, i) => !(sound[i]?.limit ?? sound[i]?.class ?? sound[i]?.promql));
  const analysis = toAnalysis({ ...value, on: value.on && good.length > 0, metrics: good, fromStep: 1, dryRun: false });
  const settled = useSettled(analysis, 500);
  const answer = useValidation(where, settled);
  if (!where || !value.on) return { of: () => undefined, trouble: null };
  const trouble = answer.error ? errorSentence(answer.error) : (answer.data?.problem ?? null);
  return {
    trouble,
    of: (metric) => {
      const name = asked.find((one) => one.id === metric.id)?.name;
      const found = answer.data?.metrics.find((one) => one.name === name);
      return found ?? (answer.isFetching && !trouble ? 'looking' : undefined);
    },
  };
}
