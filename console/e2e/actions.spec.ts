import { taskPath } from '../src/components/release/paths';
import { expect, givenRelease, givenTask, taskOf, test, untilTask } from './given';
import { clusterName, namespace } from './world';

const pathOf = (name: string) => taskPath({ cluster: clusterName, namespace, name });
const waiting = [{ weight: 20 }, { weight: 60 }];

test('continue takes the release to the next step, from the list and from the details', async ({ pageOf }) => {
  await givenTask('cart', { steps: waiting });
  const version = await givenRelease('cart');
  await untilTask('cart', 'it waits in step 1', (task) => task.phase === 'Waiting' && task.step?.number === 1);

  const page = await pageOf('maria');
  await page.goto('/releases?q=cart');
  const row = page.getByRole('row', { name: /cart/ });
  await expect(row.getByText('waits for you')).toBeVisible();
  await row.getByRole('button', { name: 'Continue cart?' }).click();
  const dialog = page.getByRole('dialog', { name: 'Continue cart?' });
  await expect(dialog.getByText(`${version} gets 60 % of requests instead of 20 %.`)).toBeVisible();
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('cart goes on.')).toBeVisible();
  await expect(row.getByText('60 %')).toBeVisible({ timeout: 120_000 });
  await untilTask('cart', 'it waits in step 2', (task) => task.phase === 'Waiting' && task.step?.number === 2);

  await page.getByRole('link', { name: 'cart' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'cart' })).toBeVisible();
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  const last = page.getByRole('dialog', { name: 'Continue cart?' });
  await expect(last.getByText(`${version} gets all requests and becomes the stable version.`)).toBeVisible();
  await last.getByRole('button', { name: 'Continue' }).click();
  // It is drawn live: nobody reloads.
  await expect(page.getByText('Healthy').first()).toBeVisible({ timeout: 180_000 });
  expect((await taskOf('cart'))?.stable?.display).toBe(version);
});

test('terminate sends all requests back, and retry begins again', async ({ pageOf }) => {
  await givenTask('search', { steps: waiting });
  const stable = (await taskOf('search'))?.stable?.display ?? '';
  const version = await givenRelease('search');
  await untilTask('search', 'it waits', (task) => task.phase === 'Waiting');

  const page = await pageOf('maria');
  await page.goto(pathOf('search'));
  await page.getByRole('button', { name: 'Terminate', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Terminate the release of search?' });
  await expect(dialog.getByText(`All traffic goes back to ${stable}.`)).toBeVisible();
  await expect(dialog.getByText(/canary pods? (is|are) removed/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Terminate' }).click();
  await expect(page.getByText('Terminated').first()).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText(`The release of ${version} was terminated by maria.`)).toBeVisible();

  await page.getByRole('button', { name: 'Retry', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
  await untilTask('search', 'it waits again', (task) => task.phase === 'Waiting' && task.step?.number === 1);
  await expect(page.getByText('waits for you')).toBeVisible();
});

test('release gives everybody the new version at once; rolling back goes by the steps', async ({ pageOf }) => {
  await givenTask('payments', { steps: waiting });
  const before = (await taskOf('payments'))?.stable?.display ?? '';
  const version = await givenRelease('payments');
  await untilTask('payments', 'it waits', (task) => task.phase === 'Waiting');

  const page = await pageOf('maria');
  await page.goto(pathOf('payments'));
  await page.getByRole('button', { name: 'Release', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Release payments to everybody?' });
  await expect(dialog.getByText(/1 step and its wait are skipped/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Release now' }).click();
  await expect(page.getByText(`${version} serves all requests`).first()).toBeVisible({ timeout: 240_000 });

  await page.getByRole('button', { name: `Roll back to this: ${before}` }).first().click();
  const back = page.getByRole('dialog', { name: 'Roll payments back?' });
  await expect(back.getByText(`${before} is released by the same 2 steps, beginning with 20 %.`)).toBeVisible();
  await back.getByRole('button', { name: 'Roll back' }).click();
  await untilTask('payments', 'the roll-back waits in step 1', (task) => task.phase === 'Waiting' && task.canary?.display === before);
  await expect(page.getByText('waits for you')).toBeVisible();
});

test('update version starts a release from the details', async ({ pageOf }) => {
  await givenTask('catalog', { steps: waiting });
  const version = (await taskOf('catalog'))?.stable?.display === 'v1' ? 'v2' : 'v1';
  const page = await pageOf('maria');
  await page.goto(pathOf('catalog'));
  await page.getByRole('button', { name: 'Update version', exact: true }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Update the version of catalog' });
  const button = dialog.getByRole('button', { name: 'Update and release' });
  await expect(button).toBeDisabled();
  await dialog.getByLabel('New image').fill('not an image');
  await expect(dialog.getByText('An image reference can’t have spaces.')).toBeVisible();
  await dialog.getByLabel('New image').fill(`docker.io/workbench-demo/app:${version}`);
  await button.click();
  await expect(page.getByText(/Updated version successful/)).toBeVisible();
  await expect(page.getByText('waits for you')).toBeVisible({ timeout: 180_000 });
});

test('an action meant for another step is refused, and says so', async ({ pageOf }) => {
  await givenTask('mail', { steps: waiting });
  await givenRelease('mail');
  await untilTask('mail', 'it waits', (task) => task.phase === 'Waiting' && task.step?.number === 1);
  const first = await pageOf('maria');
  await first.goto(pathOf('mail'));
  await first.getByRole('button', { name: 'Continue', exact: true }).click();
  const open = first.getByRole('dialog', { name: 'Continue mail?' });
  await expect(open.getByRole('button', { name: 'Continue' })).toBeVisible();

  const second = await pageOf('maria');
  await second.goto(pathOf('mail'));
  await second.getByRole('button', { name: 'Continue', exact: true }).click();
  await second.getByRole('dialog').getByRole('button', { name: 'Continue' }).click();
  await untilTask('mail', 'it waits in step 2', (task) => task.phase === 'Waiting' && task.step?.number === 2);

  await open.getByRole('button', { name: 'Continue' }).click();
  await expect(open.getByText(/the task has moved on/)).toBeVisible();
  expect((await taskOf('mail'))?.step?.number).toBe(2);
});

test('delete hands the workload back to its Deployment', async ({ pageOf }) => {
  await givenTask('catalog', { steps: waiting });
  const page = await pageOf('maria');
  await page.goto(pathOf('catalog'));
  await page.getByRole('button', { name: 'More actions of catalog' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete catalog?' });
  await expect(dialog.getByText(/Deployment catalog gets .* before the pods of this task go/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Hand back and delete' }).click();
  await expect(page.getByText('This release task was deleted.')).toBeVisible({ timeout: 240_000 });
});
