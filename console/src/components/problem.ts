import { defineMessages } from '../app/i18n';

/**
 * What can be wrong with what a person types, in the words of internal/release. Each takes what the sentence names,
 * so that it can be understood away from its field.
 */
export const problemMessages = defineMessages({
  en: {
    nameMissing: 'Give the release task a name.',
    nameTooLong: ({ count, most }: { count: number; most: number }) => `The name has ${count} characters: use at most ${most}.`,
    nameSpace: 'A name can’t have spaces: use “-” in their place.',
    nameUpperCase: 'A name can’t have capital letters: use lower case letters, digits and “-”.',
    nameCharacter: ({ character }: { character: string }) => `“${character}” can’t be in a name: use lower case letters, digits and “-”.`,
    nameEdge: 'A name starts and ends with a letter or digit, not with “-”.',
    nameTaken: ({ name, namespace }: { name: string; namespace: string }) => `There is a release task “${name}” in namespace ${namespace} already: choose another name.`,

    stepsNone: 'There is no step: add at least one.',
    stepsTooMany: ({ count, most }: { count: number; most: number }) => `There are ${count} steps: at most ${most} are possible.`,
    weightMissing: ({ step }: { step: number }) => `Step ${step} has no weight: give a whole number from 1 to 100.`,
    weightRange: ({ step, weight }: { step: number; weight: number }) => `Step ${step}: weight ${weight} is out of range: give a whole number from 1 to 100.`,
    weightSame: ({ step, before, weight }: { step: number; before: number; weight: number }) =>
      `Step ${step} has the same weight as step ${before}, ${weight} %: weights must rise from step to step.`,
    weightFalls: ({ step, from, weight }: { step: number; from: number; weight: number }) =>
      `Step ${step} falls from ${from} % to ${weight} %: weights must rise from step to step.`,
    waitNegative: 'A wait can’t be negative: leave it empty to wait for a person.',
    waitTooShort: 'A wait is at least 1 second: leave it empty to wait for a person.',
    waitTooLong: 'A wait is at most 720 hours (30 days): leave it empty to wait for a person.',
    waitTooFine: 'A wait is in whole milliseconds: use fewer decimals.',

    instancesRange: ({ most }: { most: number }) => `Give a whole number from 1 to ${most}, or leave it empty to keep the number that runs.`,

    metricsNone: 'Nothing is measured: choose at least one metric, or switch monitoring off.',
    metricsTooMany: ({ count, most }: { count: number; most: number }) => `${count} metrics are chosen: at most ${most} are possible.`,
    metricName: 'Give the metric a name of at most 40 lower case letters, digits and “-”.',
    metricNameTaken: ({ name }: { name: string }) => `Another metric is called “${name}” already: names must differ.`,
    metricClass: 'Give 5xx, 4xx, or one code such as 503.',
    limitMissing: 'Give a limit.',
    limitOrCompare: 'Give a limit or compare with the stable version: else there is nothing to judge by.',
    limitShare: 'Give a share above 0 and below 100 %.',
    limitTime: 'Give a time in milliseconds.',
    limitCount: 'Give a whole number, such as 0.',
    limitRate: 'Give a number of requests a second that is not negative.',
    limitTooFine: 'Use fewer digits.',
    queryMissing: 'Write a query that returns one number.',
    queryTooLong: ({ count, most }: { count: number; most: number }) => `The query has ${count} characters: at most ${most} are possible.`,

    imageMissing: 'Give an image.',
    imageTooLong: ({ count, most }: { count: number; most: number }) => `The image has ${count} characters: at most ${most} are possible.`,
    imageSpace: 'An image reference can’t have spaces.',
    imageForm: 'This is no image reference: write [registry/]repository:tag or repository@sha256:digest, without https://.',
  },
  zh: {
    nameMissing: '请填写任务名称。',
    nameTooLong: ({ count, most }) => `名称有 ${count} 个字符，最多 ${most} 个。`,
    nameSpace: '名称不能包含空格，可以用“-”代替。',
    nameUpperCase: '名称不能包含大写字母，请使用小写字母、数字和“-”。',
    nameCharacter: ({ character }) => `名称不能包含“${character}”，请使用小写字母、数字和“-”。`,
    nameEdge: '名称必须以字母或数字开头和结尾，不能是“-”。',
    nameTaken: ({ name, namespace }) => `命名空间 ${namespace} 中已有名为“${name}”的发布任务，请换一个名称。`,

    stepsNone: '还没有步骤，请至少添加一个。',
    stepsTooMany: ({ count, most }) => `共有 ${count} 个步骤，最多 ${most} 个。`,
    weightMissing: ({ step }) => `第 ${step} 步没有填写流量比例，请填写 1 到 100 的整数。`,
    weightRange: ({ step, weight }) => `第 ${step} 步的流量比例 ${weight} 超出范围，请填写 1 到 100 的整数。`,
    weightSame: ({ step, before, weight }) => `第 ${step} 步与第 ${before} 步的流量比例相同（${weight}%），流量比例必须逐步递增。`,
    weightFalls: ({ step, from, weight }) => `第 ${step} 步的流量比例从 ${from}% 降到了 ${weight}%，流量比例必须逐步递增。`,
    waitNegative: '等待时间不能为负；留空表示等待人工确认。',
    waitTooShort: '等待时间至少 1 秒；留空表示等待人工确认。',
    waitTooLong: '等待时间最长 720 小时（30 天）；留空表示等待人工确认。',
    waitTooFine: '等待时间最多精确到毫秒，请减少小数位数。',

    instancesRange: ({ most }) => `请填写 1 到 ${most} 的整数，留空表示保持当前的实例数。`,

    metricsNone: '尚未选择任何指标。请至少选择一个，或关闭监控。',
    metricsTooMany: ({ count, most }) => `已选择 ${count} 个指标，最多 ${most} 个。`,
    metricName: '请填写指标名称，最多 40 个小写字母、数字和“-”。',
    metricNameTaken: ({ name }) => `已有名为“${name}”的指标，名称不能重复。`,
    metricClass: '请填写 5xx、4xx 或某个状态码，例如 503。',
    limitMissing: '请填写阈值。',
    limitOrCompare: '请填写阈值或与稳定版本比较，否则无从判断。',
    limitShare: '请填写大于 0%、小于 100% 的比例。',
    limitTime: '请填写以毫秒为单位的时间。',
    limitCount: '请填写整数，例如 0。',
    limitRate: '请填写不小于 0 的每秒请求数。',
    limitTooFine: '请减少小数位数。',
    queryMissing: '请填写返回单个数值的查询语句。',
    queryTooLong: ({ count, most }) => `查询语句有 ${count} 个字符，最多 ${most} 个。`,

    imageMissing: '请填写镜像。',
    imageTooLong: ({ count, most }) => `镜像地址有 ${count} 个字符，最多 ${most} 个。`,
    imageSpace: '镜像地址不能包含空格。',
    imageForm: '镜像地址格式不正确，请写成 [仓库地址/]镜像名:标签 或 镜像名@sha256:摘要，不要带 https://。',
  },
});

type ProblemWords = (typeof problemMessages)['en'];

/** What is wrong: a message and the values it takes. */
export type Problem = {
  [K in keyof ProblemWords]: ProblemWords[K] extends (values: infer V) => string ? { key: K; values: V } : { key: K };
}[keyof ProblemWords];

/** The sentence for a problem. */
export function sentence(words: ProblemWords, problem: Problem): string {
  const message = words[problem.key];
  if (typeof message === 'string') return message;
  return (message as (values: unknown) => string)('values' in problem ? problem.values : {});
}
