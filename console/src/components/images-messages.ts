import { defineMessages } from '../app/i18n';

export const imagesMessages = defineMessages({
  en: {
    image: 'New image',
    imageOf: (container: string) => `New image of ${container}`,
    now: (image: string) => `Now: ${image}`,
    unchanged: 'As it is now',
  },
  zh: {
    image: '新镜像',
    imageOf: (container: string) => `${container} 的新镜像`,
    now: (image: string) => `当前:${image}`,
    unchanged: '与当前相同',
  },
});
