import { defineMessages } from '../../app/i18n';

export const updateRulesMessages = defineMessages({
  en: {
    title: (name: string) => `Rules of ${name}`,
    lead: 'They hold for the release that runs and for every one to come.',
    running: (version: string) => `The release of ${version} is running`,
    runningText: 'It goes on by the new rules at once, from the first new step that does not ask for less than it has now; the wait of that step begins anew.',
    saved: 'Rules updated',
    failed: 'The rules were not updated',
    conflict: 'Somebody else changed the rules in the meantime',
    conflictText: 'Look at what is there now; what you changed here is thrown away by that.',
    showCurrent: 'Show what is there now',
    unsaved: 'There are changes that are not saved.',
    discard: 'Discard changes',
    stay: 'Stay here',
  },
  zh: {
    title: (name) => `${name} 的发布规则`,
    lead: '规则适用于正在进行的发布以及之后的每次发布。',
    running: (version) => `${version} 正在发布`,
    runningText: '发布会立即按新规则继续，从第一个比例不低于当前的新步骤开始，该步骤的等待时间重新计算。',
    saved: '规则已更新',
    failed: '规则未能更新',
    conflict: '规则刚刚被其他人修改',
    conflictText: '请查看最新内容，您在此处的修改将被放弃。',
    showCurrent: '查看最新内容',
    unsaved: '有尚未保存的修改。',
    discard: '放弃修改',
    stay: '留在此页',
  },
});
