import { defineMessages } from '../app/i18n';

export const liveMessages = defineMessages({
  en: {
    live: 'Live',
    connecting: 'Connecting',
    interrupted: 'Reconnecting',
    interruptedHint: 'The values are as they were last seen. The connection comes back by itself.',
  },
  zh: {
    live: '实时',
    connecting: '连接中',
    interrupted: '重新连接中',
    interruptedHint: '当前显示的是最后一次收到的数据，连接会自动恢复。',
  },
});
