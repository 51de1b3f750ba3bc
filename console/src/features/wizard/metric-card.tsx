import { DeleteOutlined } from '@ant-design/icons';
import { Button, Checkbox, Input, InputNumber, Segmented, Select } from 'antd';
import type { components } from '../../api/schema.gen';
import { useLanguage, useMessages } from '../../app/i18n';
import { Field } from '../../components/field';
import { atMost, comparable, limitUnits, type MetricInput, type MetricProblems } from './metrics';
import { monitoringMessages } from './monitoring-messages';
import styles from './monitoring-editor.module.css';
import { problemMessages, sentence, type Problem } from '../../components/problem';

export type Validated = components['schemas']['ValidatedMetric'];

interface Props {
  metric: MetricInput;
  used: boolean;
  problems: MetricProblems;
  /** What the metric returns today. */
  live: Validated | 'looking' | undefined;
  canUse: boolean;
  use: (wanted: boolean) => void;
  change: (metric: MetricInput) => void;
}

/** One metric: whether it is used, its limit, and what it says today. */
export function MetricCard({ metric, used, problems, live, canUse, use, change }: Props) {
  const words = useMessages(monitoringMessages);
  const isQuery = metric.kind === 'Query';
  const title = words.kinds[metric.kind];
  const set = (part: Partial<MetricInput>) => change({ ...metric, ...part });
  return (
    <div className={isQuery ? styles.queryCard : styles.card} data-used={used || undefined} role="group" aria-label={isQuery && metric.name ? metric.name : title}>
      <div className={styles.cardHead}>
        {isQuery ? (
          <strong>{title}</strong>
        ) : (
          <Checkbox checked={used} disabled={!canUse} onChange={(event) => use(event.target.checked)} aria-label={words.use(title)}>
            <strong>{title}</strong>
          </Checkbox>
        )}
        {isQuery && <Button type="text" size="small" icon={<DeleteOutlined aria-hidden />} aria-label={words.remove(metric.name || title)} title={words.remove(metric.name || title)} onClick={() => use(false)} />}
      </div>
      <p className={styles.about}>{words.about[metric.kind]}</p>
      {isQuery && <QueryFields metric={metric} problems={problems} set={set} />}
      {used && (
        <div className={styles.fields}>
          <LimitField metric={metric} problem={problems.limit} set={set} />
          {metric.kind === 'ErrorRate' && <ClassField metric={metric} problem={problems.class} set={set} />}
          {metric.kind === 'Latency' && (
            <Field label={words.quantile}>
              {(control) => <Segmented id={control.id} aria-label={words.quantile} value={metric.quantile} options={['p50', 'p90', 'p99']} onChange={(quantile) => set({ quantile: quantile as MetricInput['quantile'] })} />}
            </Field>
          )}
        </div>
      )}
      {used && comparable(metric.kind) && (
        <Checkbox className={styles.compare} checked={metric.compare} onChange={(event) => set({ compare: event.target.checked })}>
          {words.compare}
        </Checkbox>
      )}
      <Live live={live} used={used} />
    </div>
  );
}

interface PartProps {
  metric: MetricInput;
  problem?: Problem;
  set: (part: Partial<MetricInput>) => void;
}

function LimitField({ metric, problem, set }: PartProps) {
  const words = useMessages(monitoringMessages);
  const problemWords = useMessages(problemMessages);
  const unit = metric.kind === 'Query' ? metric.unit : limitUnits[metric.kind];
  return (
    <Field label={words.limit} beside={atMost(metric) ? words.atMost : words.atLeast} problem={problem && sentence(problemWords, problem)}>
      {(control) => (
        <InputNumber<number>
          {...control}
          className={styles.limit}
          controls={false}
          value={metric.limit}
          suffix={unit || undefined}
          onChange={(limit) => set({ limit })}
        />
      )}
    </Field>
  );
}

function ClassField({ metric, problem, set }: PartProps) {
  const words = useMessages(monitoringMessages);
  const problemWords = useMessages(problemMessages);
  return (
    <Field label={words.class} problem={problem && sentence(problemWords, problem)}>
      {(control) => <Input {...control} className={styles.limit} value={metric.class} maxLength={3} onChange={(event) => set({ class: event.target.value.trim() })} />}
    </Field>
  );
}

function QueryFields({ metric, problems, set }: { metric: MetricInput; problems: MetricProblems; set: (part: Partial<MetricInput>) => void }) {
  const words = useMessages(monitoringMessages);
  const problemWords = useMessages(problemMessages);
  return (
    <div className={styles.query}>
      <div className={styles.fields}>
        <Field label={words.queryName} problem={problems.name && sentence(problemWords, problems.name)}>
          {(control) => <Input {...control} value={metric.name} maxLength={40} placeholder={words.queryNamePlaceholder} autoCapitalize="none" spellCheck={false} onChange={(event) => set({ name: event.target.value })} />}
        </Field>
        <Field label={words.unit}>{(control) => <Input {...control} value={metric.unit} maxLength={20} onChange={(event) => set({ unit: event.target.value })} />}</Field>
        <Field label={words.worse}>
          {(control) => (
            <Select {...control} value={metric.worse} options={(['Higher', 'Lower'] as const).map((worse) => ({ value: worse, label: words.worseNames[worse] }))} onChange={(worse) => set({ worse })} />
          )}
        </Field>
      </div>
      <Field label={words.promql} hint={words.promqlHint} problem={problems.promql && sentence(problemWords, problems.promql)}>
        {(control) => (
          <Input.TextArea {...control} className="code" autoSize={{ minRows: 2, maxRows: 8 }} value={metric.promql} spellCheck={false} autoCapitalize="none" onChange={(event) => set({ promql: event.target.value })} />
        )}
      </Field>
    </div>
  );
}

/** What the metric returns now, and how the limit would have done on the last day. */
function Live({ live, used }: { live: Props['live']; used: boolean }) {
  const words = useMessages(monitoringMessages);
  const language = useLanguage();
  if (live === undefined) return null;
  if (live === 'looking') return <p className={styles.live}>{words.looking}</p>;
  if (live.problem) return <p className={styles.live}>{live.problem}</p>;
  const share = live.brokenShare;
  return (
    <div className={styles.live}>
      {live.display && <strong className={styles.now}>{words.now(live.display)}</strong>}
      {used && share !== undefined && (
        <span className={share > 0 ? styles.broken : undefined}>
          {share > 0 ? words.broken(share.toLocaleString(language === 'zh' ? 'zh-CN' : 'en', { style: 'percent', maximumSignificantDigits: 2 })) : words.neverBroken}
        </span>
      )}
    </div>
  );
}
