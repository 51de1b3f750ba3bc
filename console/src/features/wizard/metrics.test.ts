import { describe, expect, it } from 'vitest';
import { firstMetrics, hasMonitoringProblems, monitoringInput, monitoringProblems, newMetric, noMonitoring, toAnalysis, type Analysis, type MetricInput } from './metrics';

const on = (...metrics: MetricInput[]) => ({ ...noMonitoring(), on: true, metrics });

describe('toAnalysis', () => {
  it('is nothing while monitoring is off', () => {
    expect(toAnalysis({ ...noMonitoring(), metrics: firstMetrics() })).toBeUndefined();
  });

  it('writes each limit in the unit of its kind, and only what differs from the default', () => {
    expect(toAnalysis(on(...firstMetrics()))).toEqual({
      metrics: [
        { name: 'success-rate', predefined: { type: 'SuccessRate' }, limit: '99%' },
        { name: 'latency', predefined: { type: 'Latency', quantile: 'p99' }, limit: '500ms' },
        { name: 'restarts', predefined: { type: 'Restarts' }, limit: '0' },
      ],
    });
  });

  it('gives rules back as they came', () => {
    const analysis: Analysis = {
      source: 'Envoy',
      interval: '30s',
      minimumRequests: 50,
      falseAlarmPercent: 2,
      dryRun: true,
      fromStep: 2,
      onNotEnoughData: 'Fail',
      metrics: [
        { name: 'errors', predefined: { type: 'ErrorRate', class: '503' }, limit: '0.5%', compareWithStable: false },
        { name: 'slow', predefined: { type: 'Latency', quantile: 'p90' } },
        { name: 'jobs', query: { promql: 'sum(jobs{pod=~".*{{canary}}.*"})', unit: 'jobs', worse: 'Lower' }, limit: '2.5' },
      ],
    };
    expect(toAnalysis(monitoringInput(analysis))).toEqual(analysis);
  });

  it('reads seconds as milliseconds', () => {
    const input = monitoringInput({ metrics: [{ name: 'slow', predefined: { type: 'Latency' }, limit: '1.5s' }] });
    expect(toAnalysis(input)?.metrics[0]?.limit).toBe('1500ms');
  });
});

describe('monitoringProblems', () => {
  const keys = (...metrics: MetricInput[]) => {
    const problems = monitoringProblems(on(...metrics));
    return [problems.list, ...problems.metrics.flatMap((m) => [m.name, m.limit, m.class, m.promql])].filter((p) => p !== undefined).map((p) => p.key);
  };
  const metric = (kind: MetricInput['kind'], part: Partial<MetricInput> = {}): MetricInput => ({ ...newMetric(kind), ...part });

  it.each<[string, MetricInput[], string[]]>([
    ['what a person begins with', firstMetrics(), []],
    ['no metric', [], ['metricsNone']],
    ['a comparison without a limit', [metric('SuccessRate', { limit: null })], []],
    ['neither limit nor comparison', [metric('Latency', { limit: null, compare: false })], ['limitOrCompare']],
    ['a guard without a limit', [metric('RequestRate', { limit: null })], ['limitMissing']],
    ['a share of 100 %', [metric('SuccessRate', { limit: 100 })], ['limitShare']],
    ['a share of 0 %', [metric('ErrorRate', { limit: 0 })], ['limitShare']],
    ['half a restart', [metric('Restarts', { limit: 0.5 })], ['limitCount']],
    ['a limit no number can be written for', [metric('Query', { name: 'q', promql: 'up', limit: 1e-9 })], ['limitTooFine']],
    ['a class that is none', [metric('ErrorRate', { class: '6xx' })], ['metricClass']],
    ['an empty query', [metric('Query', { name: 'q', limit: 1 })], ['queryMissing']],
    ['a query without a name', [metric('Query', { promql: 'up', limit: 1 })], ['metricName']],
    ['two of one name', [metric('SuccessRate'), metric('SuccessRate')], ['metricNameTaken']],
    ['eleven metrics', Array.from({ length: 11 }, (_, i) => metric('Restarts', { name: `m${i}` })), ['metricsTooMany']],
  ])('%s', (_, metrics, expected) => {
    expect(keys(...metrics)).toEqual(expected);
    expect(hasMonitoringProblems(monitoringProblems(on(...metrics)))).toBe(expected.length > 0);
  });

  it('is silent while monitoring is off', () => {
    expect(hasMonitoringProblems(monitoringProblems(noMonitoring()))).toBe(false);
  });
});

describe('newMetric', () => {
  it('finds a name that is free', () => {
    expect(newMetric('ErrorRate', [newMetric('ErrorRate')]).name).toBe('error-rate-2');
  });
});
