/**
 * The metrics that judge a release, while a person chooses them: what each kind starts with, what is wrong with it, and
 * what the API gets. The rules are those of api/v1alpha1/analysis_types.go.
 */
import type { components } from '../../api/schema.gen';
import type { Problem } from '../../components/problem';

export type Analysis = components['schemas']['Analysis'];
type AnalysisMetric = components['schemas']['AnalysisMetric'];

export const predefinedKinds = ['SuccessRate', 'Latency', 'ErrorRate', 'Restarts', 'OOMKills', 'RequestRate'] as const;
export type PredefinedKind = (typeof predefinedKinds)[number];
export type MetricKind = PredefinedKind | 'Query';

/** A metric as it stands in the editor; what its kind does not use is ignored. */
export interface MetricInput {
  id: string;
  kind: MetricKind;
  name: string;
  /** A number in the unit of the kind: percent, milliseconds, requests a second, or a count. */
  limit: number | null;
  compare: boolean;
  class: string;
  quantile: 'p50' | 'p90' | 'p99';
  promql: string;
  unit: string;
  worse: 'Higher' | 'Lower';
}

export interface MonitoringInput {
  on: boolean;
  metrics: MetricInput[];
  fromStep: number;
  onNotEnoughData: NonNullable<Analysis['onNotEnoughData']>;
  dryRun: boolean;
  /** What the editor does not show and gives back as it was. */
  rest: Omit<Analysis, 'metrics' | 'fromStep' | 'onNotEnoughData' | 'dryRun'>;
}

/** How many metrics a task has at most. */
export const maxMetrics = 10;
const maxQueryLength = 2000;

const starts: Record<MetricKind, { name: string; limit: number | null; compare: boolean }> = {
  SuccessRate: { name: 'success-rate', limit: 99, compare: true },
  ErrorRate: { name: 'error-rate', limit: 1, compare: true },
  Latency: { name: 'latency', limit: 500, compare: true },
  RequestRate: { name: 'request-rate', limit: 0.5, compare: false },
  Restarts: { name: 'restarts', limit: 0, compare: false },
  OOMKills: { name: 'oom-kills', limit: 0, compare: false },
  Query: { name: '', limit: null, compare: false },
};

/** What the limit of a kind is counted in. */
export const limitUnits: Record<PredefinedKind, '%' | 'ms' | '/s' | ''> = {
  SuccessRate: '%', ErrorRate: '%', Latency: 'ms', RequestRate: '/s', Restarts: '', OOMKills: '',
};

/** Whether the canary can be compared with the stable version by this kind. */
export function comparable(kind: MetricKind): boolean {
  return kind === 'SuccessRate' || kind === 'ErrorRate' || kind === 'Latency';
}

/** Whether the canary's value is to stay below the limit, or above it. */
export function atMost(metric: Pick<MetricInput, 'kind' | 'worse'>): boolean {
  if (metric.kind === 'Query') return metric.worse === 'Higher';
  return metric.kind !== 'SuccessRate' && metric.kind !== 'RequestRate';
}

let lastId = 0;

export function newMetric(kind: MetricKind, others: readonly MetricInput[] = []): MetricInput {
  lastId += 1;
  const { limit, compare } = starts[kind];
  return {
    id: `metric-${Date.now().toString(36)}-${lastId}`,
    kind,
    name: kind === 'Query' ? '' : freeName(starts[kind].name, others),
    limit,
    compare,
    class: '5xx',
    quantile: 'p99',
    promql: '',
    unit: '',
    worse: 'Higher',
  };
}

function freeName(name: string, others: readonly MetricInput[]): string {
  const taken = new Set(others.map((other) => other.name));
  if (!taken.has(name)) return name;
  for (let i = 2; ; i += 1) if (!taken.has(`${name}-${i}`)) return `${name}-${i}`;
}

export function noMonitoring(): MonitoringInput {
  return { on: false, metrics: [], fromStep: 1, onNotEnoughData: 'Hold', dryRun: false, rest: {} };
}

/** What a person who switches monitoring on begins with. */
export function firstMetrics(): MetricInput[] {
  return (['SuccessRate', 'Latency', 'Restarts'] as const).map((kind) => newMetric(kind));
}

export function monitoringInput(analysis: Analysis | undefined): MonitoringInput {
  if (!analysis) return noMonitoring();
  const { metrics, fromStep, onNotEnoughData, dryRun, ...rest } = analysis;
  return {
    on: true,
    metrics: metrics.map(metricInput),
    fromStep: fromStep ?? 1,
    onNotEnoughData: onNotEnoughData ?? 'Hold',
    dryRun: dryRun ?? false,
    rest,
  };
}

function metricInput(metric: AnalysisMetric): MetricInput {
  const kind: MetricKind = metric.predefined?.type ?? 'Query';
  return {
    ...newMetric(kind),
    name: metric.name,
    limit: readLimit(metric.limit),
    compare: comparable(kind) && metric.compareWithStable !== false,
    class: metric.predefined?.class ?? '5xx',
    quantile: metric.predefined?.quantile ?? 'p99',
    promql: metric.query?.promql ?? '',
    unit: metric.query?.unit ?? '',
    worse: metric.query?.worse ?? 'Higher',
  };
}

/** The number of a limit such as 99%, 500ms, 1.5s (1500) or 0; null when there is none. */
function readLimit(limit: string | undefined): number | null {
  const [, number, unit] = /^(-?\d+(?:\.\d+)?)(%|ms|s)?$/.exec(limit ?? '') ?? [];
  if (number === undefined) return null;
  return unit === 's' ? Math.round(Number(number) * 1_000_000) / 1000 : Number(number);
}

export function toAnalysis(monitoring: MonitoringInput): Analysis | undefined {
  if (!monitoring.on) return undefined;
  return {
    ...monitoring.rest,
    metrics: monitoring.metrics.map(toMetric),
    ...(monitoring.fromStep > 1 ? { fromStep: monitoring.fromStep } : {}),
    ...(monitoring.onNotEnoughData === 'Hold' ? {} : { onNotEnoughData: monitoring.onNotEnoughData }),
    ...(monitoring.dryRun ? { dryRun: true } : {}),
  };
}

function toMetric(metric: MetricInput): AnalysisMetric {
  const limit = metric.limit === null ? {} : { limit: limitText(metric) };
  if (metric.kind === 'Query') {
    const unit = metric.unit.trim();
    return { name: metric.name, query: { promql: metric.promql.trim(), worse: metric.worse, ...(unit ? { unit } : {}) }, ...limit };
  }
  return {
    name: metric.name,
    predefined: {
      type: metric.kind,
      ...(metric.kind === 'ErrorRate' ? { class: metric.class } : {}),
      ...(metric.kind === 'Latency' ? { quantile: metric.quantile } : {}),
    },
    ...limit,
    ...(comparable(metric.kind) && !metric.compare ? { compareWithStable: false } : {}),
  };
}

/** The limit with its unit, as the API has it. */
function limitText(metric: MetricInput): string {
  const unit = metric.kind === 'Latency' ? 'ms' : metric.kind === 'SuccessRate' || metric.kind === 'ErrorRate' ? '%' : '';
  return `${metric.limit ?? ''}${unit}`;
}

export interface MetricProblems {
  name?: Problem;
  limit?: Problem;
  class?: Problem;
  promql?: Problem;
}

export interface MonitoringProblems {
  list?: Problem;
  metrics: MetricProblems[];
}

export function monitoringProblems(monitoring: MonitoringInput): MonitoringProblems {
  if (!monitoring.on) return { metrics: [] };
  const { metrics } = monitoring;
  const list: Problem | undefined =
    metrics.length === 0
      ? { key: 'metricsNone' }
      : metrics.length > maxMetrics
        ? { key: 'metricsTooMany', values: { count: metrics.length, most: maxMetrics } }
        : undefined;
  return { list, metrics: metrics.map((metric, i) => metricProblems(metric, metrics.slice(0, i))) };
}

function metricProblems(metric: MetricInput, before: readonly MetricInput[]): MetricProblems {
  const query = metric.promql.trim();
  return {
    name: nameProblem(metric.name, before),
    limit: limitProblem(metric),
    class: metric.kind === 'ErrorRate' && !/^([45]xx|[45]\d\d)$/.test(metric.class) ? { key: 'metricClass' } : undefined,
    promql:
      metric.kind !== 'Query'
        ? undefined
        : query === ''
          ? { key: 'queryMissing' }
          : query.length > maxQueryLength
            ? { key: 'queryTooLong', values: { count: query.length, most: maxQueryLength } }
            : undefined,
  };
}

function nameProblem(name: string, before: readonly MetricInput[]): Problem | undefined {
  if (!/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(name)) return { key: 'metricName' };
  if (before.some((other) => other.name === name)) return { key: 'metricNameTaken', values: { name } };
  return undefined;
}

function limitProblem(metric: MetricInput): Problem | undefined {
  const { kind, limit } = metric;
  if (limit === null) {
    if (comparable(kind) && metric.compare) return undefined;
    return { key: comparable(kind) ? 'limitOrCompare' : 'limitMissing' };
  }
  if ((kind === 'SuccessRate' || kind === 'ErrorRate') && !(limit > 0 && limit < 100)) return { key: 'limitShare' };
  if (kind === 'Latency' && !(limit >= 0)) return { key: 'limitTime' };
  if ((kind === 'Restarts' || kind === 'OOMKills') && !(Number.isInteger(limit) && limit >= 0 && limit <= 999_999)) return { key: 'limitCount' };
  if (kind === 'RequestRate' && !(limit >= 0)) return { key: 'limitRate' };
  if (!/^-?\d+(\.\d+)?$/.test(String(limit)) || limitText(metric).length > 20) return { key: 'limitTooFine' };
  return undefined;
}

export function hasMonitoringProblems(problems: MonitoringProblems): boolean {
  return problems.list !== undefined || problems.metrics.some((metric) => metric.name ?? metric.limit ?? metric.class ?? metric.promql);
}
