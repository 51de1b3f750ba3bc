import { taskPath } from '../src/components/release/paths';
import { beginRelease, expect, expectAccessible, givenTask, givenWaiting, keepPicture, lookName, pathOf, request, test, untilTask, type Language } from './given';
import { clusterName, namespace, type Person } from './world';

interface Shown {
  name: string;
  path: string;
  /** The one heading, in each language. */
  title: Record<Language, string>;
  /** Who looks; Maria when absent. */
  by?: Person;
  /** Some of what the page is about: it is there before the page is judged. */
  about?: string;
}

const looks = [
  { language: 'en', width: 1280, dark: false },
  { language: 'zh', width: 390, dark: true },
  { language: 'en', width: 390, dark: true },
  { language: 'zh', width: 1280, dark: true },
] as const;

const own = (title: string): Record<Language, string> => ({ en: title, zh: title });

// What people look at most, in every look.
const pages: Shown[] = [
  { name: 'list', path: '/releases', title: { en: 'Gray Release', zh: '灰度发布' }, about: 'cart' },
  { name: 'details', path: pathOf('cart'), title: own('cart'), about: 'docker.io/workbench-demo/app:v1' },
  { name: 'approvals', path: '/approvals', title: { en: 'Approvals', zh: '待我处理' }, about: 'cart' },
  { name: 'audit', path: '/audit', title: { en: 'Audit', zh: '审计' }, about: 'cart' },
];

// The others, in each language, width and theme once.
const more: Shown[] = [
  { name: 'clusters', path: '/clusters', title: { en: 'Clusters', zh: '集群' }, about: 'Istio' },
  { name: 'cluster', path: `/clusters/${clusterName}`, title: own('Demo'), about: 'Istio' },
  { name: 'cluster-connect', path: '/clusters/new', title: { en: 'Connect cluster', zh: '接入集群' }, by: 'admin' },
  { name: 'cluster-edit', path: `/clusters/${clusterName}/edit`, title: own('Demo'), by: 'admin' },
  { name: 'workspaces', path: '/workspaces', title: { en: 'Workspaces', zh: '工作空间' }, about: 'Shop' },
  { name: 'workspace', path: '/workspaces/shop', title: own('Shop'), by: 'admin' },
  { name: 'workspace-create', path: '/workspaces/new', title: { en: 'Create workspace', zh: '创建工作空间' }, by: 'admin' },
  { name: 'rules', path: `${pathOf('cart')}/rules`, title: { en: 'Rules of cart', zh: 'cart 的发布规则' } },
  { name: 'account', path: '/account', title: { en: 'Account', zh: '账号' }, about: 'Maria Lindt' },
  { name: 'tokens', path: '/account/tokens', title: { en: 'Account', zh: '账号' }, about: 'pipeline of the shop' },
  { name: 'accounts', path: '/account/accounts', title: { en: 'Account', zh: '账号' }, by: 'admin', about: 'Victor Okafor' },
  { name: 'empty', path: '/releases', title: { en: 'Gray Release', zh: '灰度发布' }, by: 'nora' },
  { name: 'nothing-fits', path: '/releases?q=nothing-is-called-so', title: { en: 'Gray Release', zh: '灰度发布' } },
  { name: 'not-found', path: '/nowhere', title: { en: 'Nothing here', zh: '没有找到' } },
  { name: 'no-access', path: taskPath({ cluster: clusterName, namespace: 'kube-system', name: 'coredns' }), title: own('coredns') },
  { name: 'no-cluster', path: '/clusters/elsewhere', title: own('elsewhere') },
  { name: 'no-workspace', path: '/workspaces/lab', title: own('lab') },
];

// Of these, some are worth a picture, which the first look gives.
const pictured = ['cluster', 'clusters', 'workspace', 'workspaces', 'rules', 'account', 'tokens', 'accounts', 'empty', 'not-found'];

test.beforeAll(async () => {
  await givenWaiting('cart');
  const tokens = (await (await request('maria', 'GET', '/api/v1/me/tokens')).json()) as { items: unknown[] };
  if (tokens.items.length === 0) await request('maria', 'POST', '/api/v1/me/tokens', { name: 'pipeline of the shop', days: 90, readOnly: false });
});

for (const { name, path, title, by = 'maria', about } of [...pages, ...more]) {
  const main = pages.some((page) => page.name === name);
  test(`${name} is for everybody, in each language, width and theme`, async ({ pageOf }) => {
    for (const look of main ? looks : looks.slice(0, 2)) {
      const page = await pageOf(by, look);
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(title[look.language]);
      await expect(page).toHaveTitle(`${title[look.language]} · Workbench`);
      if (about) await expect(page.getByRole('main').getByText(about).first()).toBeVisible();
      await expectAccessible(page);
      if (main || (look === looks[0] && pictured.includes(name))) await keepPicture(page, `${name}-${lookName(look)}`);
      await page.close();
    }
  });
}

test('a failed release is explained to everybody', async ({ pageOf }) => {
  const { phase } = await givenTask('checkout');
  if (phase !== 'Failed') {
    await beginRelease('checkout', 'v3');
    await untilTask('checkout', 'it went back', (task) => task.phase === 'Failed');
  }
  for (const look of looks) {
    const page = await pageOf('maria', look);
    await page.goto(pathOf('checkout'));
    await expect(page.getByRole('figure').getByRole('img')).toHaveCount(2);
    await expectAccessible(page);
    await keepPicture(page, `failed-${lookName(look)}`);
    await page.getByRole('region', { name: look.language === 'zh' ? '分析' : 'Analysis' }).evaluate((section) => section.scrollIntoView({ block: 'center' }));
    await keepPicture(page, `failed-charts-${lookName(look)}`);
    await page.close();
  }
});

test('an empty list leads to the wizard', async ({ pageOf }) => {
  const page = await pageOf('nora');
  await page.goto('/releases');
  await expect(page.getByRole('heading', { name: 'No release tasks yet' })).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Create Release Task' }).click();
  await expect(page).toHaveURL(/\/releases\/new\/canary/);
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
  await expectAccessible(page);
  await keepPicture(page, 'search-en-1280');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`${namespace}/cart$`));
  await expect(page.getByRole('heading', { level: 1, name: 'cart' })).toBeFocused();
  await page.goBack();
  await expect(page).toHaveURL(/\/approvals$/);
});
