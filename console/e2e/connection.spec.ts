import { act, expect, expectAccessible, givenWaiting, pathOf, test, untilTask } from './given';
import { people, startHub, stopHub } from './world';

test('a restart of the hub interrupts calmly, and what happened meanwhile is caught up', async ({ pageOf }) => {
  await givenWaiting('search');
  const page = await pageOf('maria');
  await page.goto('/releases?q=search');
  const row = page.getByRole('row', { name: /search/ });
  await expect(row.getByText('20 %')).toBeVisible();
  await expect(page.getByText('Live')).toBeVisible();

  await stopHub();
  await expect(page.getByText('Reconnecting')).toBeVisible();
  // What was read stays on the screen.
  await expect(row.getByText('20 %')).toBeVisible();

  await startHub();
  await act('search', { type: 'Continue' });
  await expect(page.getByText('Live')).toBeVisible();
  await expect(row.getByText('60 %')).toBeVisible({ timeout: 120_000 });
});

test('an expired session is asked for over the page, and the action goes on after it', async ({ pageOf }) => {
  await givenWaiting('payments');
  const page = await pageOf('maria');
  await page.goto(pathOf('payments'));
  await page.getByRole('button', { name: 'Terminate', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Terminate the release of payments?' });
  await page.context().clearCookies();
  await dialog.getByRole('button', { name: 'Terminate' }).click();

  await expect(page.getByText('Your session has ended. Sign in to go on: nothing you typed is lost.')).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('Name').fill(people.maria.name);
  await page.getByLabel('Password', { exact: true }).fill(people.maria.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  // Nobody pressed Terminate a second time.
  await untilTask('payments', 'it was terminated', (task) => task.phase === 'Terminated');
  await expect(page.getByText('Terminated').first()).toBeVisible();
});
