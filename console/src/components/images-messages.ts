import { defineMessages } from '../app/i18n';

export const imagesMessages = defineMessages({
  en: {
    nextOf: (container: string) => `New image of container ${container}`,
    unchanged: 'Change at least one image: with the same ones there is nothing to release.',
  },
  zh: {
    nextOf: (container) => `容器 ${container} 的新镜像`,
    unchanged: '请至少修改一个镜像，否则没有可发布的内容。',
  },
});
