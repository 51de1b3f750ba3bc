import type { Page } from '@playwright/test';
import { expect, expectAccessible, image, keepPicture, request, taskOf, test, type Language } from './given';
import { clusterName, namespace, until } from './world';

/** An application that no other test releases. */
const name = 'orders';

const words = {
  en: { title: 'Create a canary release task', next: 'Next', careful: 'Careful', kept: 'What you typed before is still here.', words: 'In words', update: 'Create and update application', ok: 'OK', updated: 'Updated version successful', image: 'New image of container app' },
  zh: { title: '创建灰度发布任务', next: '下一步', careful: '谨慎', kept: '已恢复您之前填写的内容。', words: '文字说明', update: '创建并更新应用', ok: '确定', updated: '更新版本成功', image: '容器 app 的新镜像' },
} satisfies Record<Language, Record<string, string>>;

async function givenNoTask() {
  const path = `/api/v1/clusters/${clusterName}/namespaces/${namespace}/release-tasks/${name}`;
  if (await taskOf(name)) await request('maria', 'DELETE', path);
  await until(`${name}: its task is gone`, async () => (await taskOf(name)) === null, 240_000);
}

/** Fills the first page: cluster, namespace, workload; the name follows. */
async function fillBasics(page: Page) {
  const main = page.getByRole('main');
  await main.locator('input[name=cluster]').first().check();
  await main.getByRole('combobox').first().click();
  await page.getByTitle(namespace, { exact: true }).click();
  await main.getByRole('radio', { name: new RegExp(`^${name}`) }).check();
  await expect(main.locator('input[name=task]')).toHaveValue(name);
}

test.beforeEach(givenNoTask);

test('the main job: a task is created, its first version is on its way, and the list says so', async ({ pageOf }) => {
  const page = await pageOf('maria');
  const { next, careful, kept, words: inWords, update, ok, updated, image: newImage } = words.en;
  await page.goto('/releases');
  await page.goto('/releases/new/canary');
  await page.locator('input[name=task]').fill('not a name');
  await expect(page.getByText('A name can’t have spaces')).toBeVisible();
  await page.locator('input[name=task]').fill('');
  await fillBasics(page);
  await keepPicture(page, 'wizard-basic');
  await page.getByRole('button', { name: next }).click();

  await page.getByText(careful, { exact: true }).click();
  await expect(page.getByLabel('Share of requests in step 1, in percent')).toHaveValue('1');
  // Neither a reload nor the way back loses anything.
  await page.reload();
  await expect(page.getByLabel('Share of requests in step 1, in percent')).toHaveValue('1');
  await page.goBack();
  await expect(page.getByText(kept)).toBeVisible();
  await page.getByRole('button', { name: next }).click();
  await page.getByRole('switch').click();
  await keepPicture(page, 'wizard-rules');
  await page.getByRole('button', { name: next }).click();

  await expect(page.getByRole('tab', { name: inWords })).toBeVisible();
  await expect(page.getByText(`Workbench takes over Deployment ${name}`)).toBeVisible();
  await keepPicture(page, 'wizard-check');
  await page.getByRole('button', { name: update }).click();
  await page.getByLabel(newImage).fill(image('v2'));
  await keepPicture(page, 'wizard-images');
  await page.getByRole('button', { name: ok }).click();

  await expect(page.getByText(updated)).toBeVisible();
  await expect(page.getByRole('link', { name }).first()).toBeVisible();
  const task = await taskOf(name);
  expect(task?.spec.strategy.canary.steps).toEqual([{ weight: 1, wait: '10m' }, { weight: 5, wait: '10m' }, { weight: 20 }, { weight: 50, wait: '30m' }]);
  expect(task?.analysed).toBe(true);
  const actions = (await (await request('maria', 'GET', `/api/v1/clusters/${clusterName}/namespaces/${namespace}/release-tasks/${name}/actions`)).json()) as {
    items: { type: string; updateVersion?: { containers: object[] } }[];
  };
  expect(actions.items.map(({ type, updateVersion }) => [type, updateVersion?.containers])).toEqual([['UpdateVersion', [{ name: 'app', image: image('v2') }]]]);
});

for (const look of [
  { language: 'en', width: 390, dark: true },
  { language: 'zh', width: 1280, dark: false },
  { language: 'zh', width: 390, dark: false },
] as const) {
  test(`each page of the wizard is for everybody, in ${look.language} at ${look.width}`, async ({ pageOf }) => {
    const page = await pageOf('maria', look);
    const { title, next, careful, words: inWords, update, image: newImage } = words[look.language];
    const accessible = async (part: string) => {
      await expectAccessible(page);
      await keepPicture(page, `wizard-${part}-${look.language}-${look.width}`);
    };
    await page.goto('/releases/new/canary');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    await fillBasics(page);
    await accessible('basic');
    await page.getByRole('button', { name: next }).click();
    await page.getByText(careful, { exact: true }).click();
    await page.getByRole('switch').click();
    await accessible('rules');
    await page.getByRole('button', { name: next }).click();
    await expect(page.getByRole('tab', { name: inWords })).toBeVisible();
    await accessible('check');
    await page.getByRole('button', { name: update }).click();
    await expect(page.getByLabel(newImage)).toBeVisible();
    await accessible('images');
  });
}
