import { defineMessages } from '../../app/i18n';

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

    imageMissing: 'Give an image.',
    imageTooLong: ({ count, most }: { count: number; most: number }) => `The image has ${count} characters: at most ${most} are possible.`,
    imageSpace: 'An image reference can’t have spaces.',
    imageForm: 'This is no image reference: write [registry/]repository:tag or repository@sha256:digest, without https://.',
  },
  zh: {
    nameMissing: '请填写任务名称。',
    nameTooLong: ({ count, most }) => `名称有 ${count} 个字符,最多 ${most} 个。`,
    nameSpace: '名称不能包含空格,可以用“-”代替。',
    nameUpperCase: '名称不能包含大写字母,请使用小写字母、数字和“-”。',
    nameCharacter: ({ character }) => `名称不能包含“${character}”,请使用小写字母、数字和“-”。`,
    nameEdge: '名称必须以字母或数字开头和结尾,不能是“-”。',
    nameTaken: ({ name, namespace }) => `命名空间 ${namespace} 中已有名为“${name}”的发布任务,请换一个名称。`,

    stepsNone: '还没有步骤,请至少添加一个。',
    stepsTooMany: ({ count, most }) => `共有 ${count} 个步骤,最多 ${most} 个。`,
    weightMissing: ({ step }) => `第 ${step} 步没有填写流量比例,请填写 1 到 100 的整数。`,
    weightRange: ({ step, weight }) => `第 ${step} 步的流量比例 ${weight} 超出范围,请填写 1 到 100 的整数。`,
    weightSame: ({ step, before, weight }) => `第 ${step} 步与第 ${before} 步的流量比例相同(${weight}%),流量比例必须逐步递增。`,
    weightFalls: ({ step, from, weight }) => `第 ${step} 步的流量比例从 ${from}% 降到了 ${weight}%,流量比例必须逐步递增。`,
    waitNegative: '等待时间不能为负;留空表示等待人工确认。',
    waitTooShort: '等待时间至少 1 秒;留空表示等待人工确认。',
    waitTooLong: '等待时间最长 720 小时(30 天);留空表示等待人工确认。',
    waitTooFine: '等待时间最多精确到毫秒,请减少小数位数。',

    instancesRange: ({ most }) => `请填写 1 到 ${most} 的整数,留空表示保持当前的实例数。`,

    imageMissing: '请填写镜像。',
    imageTooLong: ({ count, most }) => `镜像地址有 ${count} 个字符,最多 ${most} 个。`,
    imageSpace: '镜像地址不能包含空格。',
    imageForm: '镜像地址格式不正确,请写成 [仓库地址/]镜像名:标签 或 镜像名@sha256:摘要,不要带 https://。',
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
