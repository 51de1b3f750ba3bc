import type { Page } from '@playwright/test';
import { taskPath } from '../src/components/release/paths';
import { expect, expectAccessible, givenRelease, givenTask, keepPicture, test, untilTask, type Language } from './given';
import { clusterName, namespace } from './world';

interface Shown {
  name: string;
  path: string;
  /** The one heading, in each language. */
  title: Record<Language, string>;
}

const pages: Shown[] = [
  { name: 'list', path: '/releases', title: { en: 'Gray Release', zh: '灰度发布' } },
  { name: 'details', path: taskPath({ cluster: clusterName, namespace, name: 'cart' }), title: { en: 'cart', zh: 'cart' } },
  { name: 'approvals', path: '/approvals', title: { en: 'Approvals', zh: '待我处理' } },
  { name: 'clusters', path: '/clusters', title: { en: 'Clusters', zh: '集群' } },
  { name: 'workspaces', path: '/workspaces', title: { en: 'Workspaces', zh: '工作空间' } },
  { name: 'audit', path: '/audit', title: { en: 'Audit', zh: '审计' } },
];

const looks = [
  { language: 'en', width: 1280, dark: false },
  { language: 'en', width: 390, dark: true },
  { language: 'zh', width: 390, dark: false },
  { language: 'zh', width: 1280, dark: true },
] as const;

test.beforeAll(async () => {
  await givenTask('cart', { steps: [{ weight: 20 }, { weight: 60 }] });
  await givenRelease('cart');
  await untilTask('cart', 'it waits', (task) => task.phase === 'Waiting');
});

for (const shown of pages) {
  test(`${shown.name} is for everybody, in each language, width and theme`, async ({ pageOf }) => {
    for (const look of looks) {
      const page = await pageOf('maria', look);
      await page.goto(shown.path);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(shown.title[look.language]);
      await settled(page);
      await expectAccessible(page);
      await keepPicture(page, `${shown.name}-${look.language}-${look.width}${look.dark ? '-dark' : ''}`);
      await page.context().close();
    }
  });
}

test('the sign-in is for everybody', async ({ browser }) => {
  for (const { language, width, dark } of looks) {
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: dark ? 'dark' : 'light', locale: language === 'zh' ? 'zh-CN' : 'en-US' });
    const page = await context.newPage();
    await page.goto('/');
    await expect(page.locator('input[type=password]')).toBeVisible();
    await expectAccessible(page);
    await keepPicture(page, `sign-in-${language}-${width}${dark ? '-dark' : ''}`);
    await context.close();
  }
});

test('everything goes by keyboard', async ({ pageOf }) => {
  const page = await pageOf('maria');
  await page.goto('/approvals');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('Control+k');
  const search = page.getByRole('combobox', { name: 'Search' });
  await expect(search).toBeFocused();
  await page.keyboard.type('cart');
  await expect(page.getByRole('option', { name: /^cart/ }).first()).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`${namespace}/cart$`));
  await expect(page.getByRole('heading', { level: 1, name: 'cart' })).toBeFocused();
  await page.goBack();
  await expect(page).toHaveURL(/\/approvals$/);
});

async function settled(page: Page) {
  await expect(page.locator('.ant-skeleton, [aria-busy=true]')).toHaveCount(0);
}
