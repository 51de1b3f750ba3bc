/** What will happen, in sentences: from the draft and from what the hub found in a dry run. */
import type { MessageSet } from '../../app/i18n';
import type { Draft } from './draft';
import type { MetricInput } from './metrics';
import { atMost, comparable, limitUnits } from './metrics';
import type { wizardMessages } from './messages';
import type { Preflight } from './queries';
import { fromInput } from './steps';
import { parseDuration } from './wait';

type Words = (typeof wizardMessages extends MessageSet<infer M> ? M : never)['sentences'];

/** What happens once, when the workload is taken over. */
export function takeOverSentences(words: Words, draft: Draft, found: Preflight['found'] | undefined): string[] {
  const workload = draft.workload ?? '';
  const instances = draft.rules.instances ?? found?.instances;
  const sentences = [instances ? words.takeOver(workload, instances) : words.takeOverUnknown(workload)];
  if (draft.traffic === 'Instances') sentences.push(words.splitInstances);
  else if (found?.service) sentences.push(found.virtualService ? words.splitVirtualService(found.virtualService, found.service) : words.splitNew(found.service));
  if (found?.autoscaler) sentences.push(words.autoscaler(found.autoscaler));
  return sentences;
}

/** What each release goes through, a line for each step. */
export function stepSentences(words: Words, draft: Draft, span: (milliseconds: number) => string): { text: string; person: boolean }[] {
  const lines = fromInput(draft.rules.steps).map(({ weight, wait }) => {
    const milliseconds = parseDuration(wait) ?? 0;
    return milliseconds > 0 ? { text: words.stepTime(weight, span(milliseconds)), person: false } : { text: words.stepPerson(weight), person: true };
  });
  return [...lines, { text: words.stepAll, person: false }];
}

/** By what a release is judged. */
export function judgeSentence(words: Words, draft: Draft, name: (metric: MetricInput) => string, separator: string): string {
  const { on, metrics, dryRun } = draft.rules.monitoring;
  if (!on) return words.notJudged;
  const limits = metrics.map((metric) => withLimit(metric, name(metric))).join(separator);
  const list = metrics.some((metric) => comparable(metric.kind) && metric.compare) ? words.compared(limits) : limits;
  return dryRun ? words.judgedDry(list) : words.judged(list);
}

function withLimit(metric: MetricInput, name: string): string {
  if (metric.limit === null) return name;
  const unit = metric.kind === 'Query' ? metric.unit.trim() : limitUnits[metric.kind];
  return `${name} ${atMost(metric) ? '≤' : '≥'} ${metric.limit}${unit ? ` ${unit}` : ''}`;
}
