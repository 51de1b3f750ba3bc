import { expect, expectAccessible, givenTask, givenWaiting, image, pathOf, taskOf, test, untilTask } from './given';

test('continue takes the release to the next step, from the list and from the details', async ({ pageOf }) => {
  const { version } = await givenWaiting('cart');
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
  const { version, stable } = await givenWaiting('search');
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
  const { version, stable: before } = await givenWaiting('payments');
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

test('update version asks for images, and the list says that the release has begun', async ({ pageOf }) => {
  const { stable } = await givenTask('catalog');
  const version = stable?.display === 'v1' ? 'v2' : 'v1';
  const page = await pageOf('maria');
  const dialog = page.getByRole('dialog', { name: 'Update the version of catalog' });
  const button = dialog.getByRole('button', { name: 'Update and release' });
  const field = dialog.getByLabel('New image of container app');

  await page.goto(pathOf('catalog'));
  await page.getByRole('button', { name: 'Update version', exact: true }).click();
  // Typing replaces the tag, as it is selected.
  await expect(field).toBeFocused();
  await page.keyboard.type('not a tag');
  await expect(dialog.getByText('An image reference can’t have spaces.')).toBeVisible();
  await field.fill(image(stable?.display ?? ''));
  await button.click();
  await expect(dialog.getByText('Change at least one image: with the same ones there is nothing to release.')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();

  await page.goto('/releases?q=catalog');
  const row = page.getByRole('row', { name: /catalog/ });
  await row.getByRole('button', { name: 'Actions of catalog' }).click();
  await page.getByRole('menuitem', { name: 'Update version' }).click();
  await field.fill(image(version));
  await button.click();
  await expect(page.getByText(/Updated version successful/)).toBeVisible();
  await expect(row).toHaveAttribute('data-marked', 'true');
  await expect(row.getByText('waits for you')).toBeVisible({ timeout: 180_000 });
  await expect(row.getByText('20 %')).toBeVisible();
});

test('an action meant for another step is refused, and says so', async ({ pageOf }) => {
  await givenWaiting('mail');
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
  await givenTask('refunds');
  const page = await pageOf('maria');
  await page.goto(pathOf('refunds'));
  await page.getByRole('button', { name: 'More actions of refunds' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete refunds?' });
  await expect(dialog.getByText(/Deployment refunds gets .* before the pods of this task go/)).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Hand back and delete' }).click();
  await expect(page.getByText('This release task was deleted.')).toBeVisible({ timeout: 240_000 });
});
