import type { Page } from '@playwright/test';
import { expect, expectAccessible, image, keepPicture, lookName, request, taskOf, test, untilTask, type Language } from './given';
import { clusterName, namespace, until } from './world';

/** An application that no other test releases, with customers. */
const name = 'orders';

const words = {
  en: { title: 'Create a canary release task', next: 'Next', careful: 'Careful', now: /^Now: 100/, words: 'In words', update: 'Create and update application', image: 'New image of container app' },
  zh: { title: '创建灰度发布任务', next: '下一步', careful: '谨慎', now: /^当前：100/, words: '文字说明', update: '创建并更新应用', image: '容器 app 的新镜像' },
} satisfies Record<Language, Record<string, string | RegExp>>;

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

for (const look of [
  { language: 'en', width: 390, dark: true },
  { language: 'zh', width: 1280, dark: false },
] as const) {
  test(`each page of the wizard is for everybody, in ${look.language} at ${look.width}`, async ({ pageOf }) => {
    const page = await pageOf('maria', look);
    const { title, next, careful, now, words: inWords, update, image: newImage } = words[look.language];
    const accessible = async (part: string) => {
      await expectAccessible(page);
      await keepPicture(page, `wizard-${part}-${lookName(look)}`);
    };
    await page.goto('/releases/new/canary');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    await fillBasics(page);
    await accessible('basic');
    await page.getByRole('button', { name: next }).click();
    await page.getByText(careful, { exact: true }).click();
    await page.getByRole('switch').click();
    await expect(page.getByText(now).first()).toBeVisible();
    await accessible('rules');
    await page.getByRole('button', { name: next }).click();
    await expect(page.getByRole('tab', { name: inWords })).toBeVisible();
    await accessible('check');
    await page.getByRole('button', { name: update }).click();
    await expect(page.getByLabel(newImage)).toBeFocused();
    await accessible('images');
  });
}

test('the main job: a task is created, its first version is on its way, and the list says so', async ({ pageOf }) => {
  const page = await pageOf('maria');
  const { next, careful, now, words: inWords, update, image: newImage } = words.en;
  const picture = (part: string) => keepPicture(page, `wizard-${part}-en-1280`);
  await page.goto('/releases');
  await page.getByRole('button', { name: 'Create Release Task' }).click();
  await page.getByRole('menuitem', { name: /Canary Release/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: words.en.title })).toBeVisible();
  await page.locator('input[name=task]').fill('not a name');
  await expect(page.getByText('A name can’t have spaces')).toBeVisible();
  await page.locator('input[name=task]').fill('');
  await fillBasics(page);
  await expect(page.getByText('Nothing stands in the way')).toBeVisible();
  await page.evaluate(() => window.scrollTo(0, 0));
  await picture('basic');
  await page.getByRole('button', { name: next }).click();

  await page.getByText(careful, { exact: true }).click();
  await expect(page.getByLabel('Share of requests in step 1, in percent')).toHaveValue('1');
  // Neither a reload nor the way back loses anything.
  await page.reload();
  await expect(page.getByLabel('Share of requests in step 1, in percent')).toHaveValue('1');
  await page.goBack();
  await expect(page.getByText('What you typed before is still here.')).toBeVisible();
  await page.getByRole('button', { name: next }).click();
  await picture('steps');
  await page.getByRole('switch').click();
  await expect(page.getByText(now).first()).toBeVisible();
  await page.getByRole('switch').evaluate((one) => one.scrollIntoView({ block: 'center' }));
  await picture('monitoring');
  await page.getByRole('button', { name: next }).click();

  await expect(page.getByRole('tab', { name: inWords })).toBeVisible();
  await expect(page.getByText(`Workbench takes over Deployment ${name}`)).toBeVisible();
  await picture('check');
  await page.getByRole('button', { name: update }).click();
  // The tag is selected: typing replaces it.
  await expect(page.getByLabel(newImage)).toBeFocused();
  await page.keyboard.type('v2');
  await expect(page.getByLabel(newImage)).toHaveValue(image('v2'));
  await picture('images');
  await page.getByRole('button', { name: 'OK' }).click();

  await expect(page).toHaveURL(/\/releases$/);
  await expect(page.getByText('Updated version successful')).toBeVisible();
  const row = page.getByRole('row', { name: new RegExp(name) });
  await expect(row).toHaveAttribute('data-marked', 'true');
  await picture('done');
  const task = await taskOf(name);
  expect(task?.spec.strategy.canary.steps).toEqual([{ weight: 1, wait: '10m' }, { weight: 5, wait: '10m' }, { weight: 20 }, { weight: 50, wait: '30m' }]);
  expect(task?.analysed).toBe(true);
  const actions = (await (await request('maria', 'GET', `/api/v1/clusters/${clusterName}/namespaces/${namespace}/release-tasks/${name}/actions`)).json()) as {
    items: { type: string; updateVersion?: { containers: object[] } }[];
  };
  // Those of an earlier task of that name may still be there.
  expect(actions.items[0]).toMatchObject({ type: 'UpdateVersion', updateVersion: { containers: [{ name: 'app', image: image('v2') }] } });

  // The pods are taken over, then the release moves, and the list shows it.
  await expect(row.getByText('v1 → v2')).toBeVisible({ timeout: 240_000 });
  await expect(row.getByText('1 %', { exact: true })).toBeVisible({ timeout: 120_000 });
  await untilTask(name, 'it stands in its first step', ({ step }) => step?.number === 1);
});
