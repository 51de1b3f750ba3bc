import { taskPath } from '../src/components/release/paths';
import { act, expect, givenRelease, givenTask, test, untilTask } from './given';
import { clusterName, namespace, people, startHub, stopHub } from './world';

const steps = [{ weight: 20 }, { weight: 60 }];

test('a restart of the hub interrupts calmly, and what happened meanwhile is caught up', async ({ pageOf }) => {
  await givenTask('search', { steps });
  await givenRelease('search');
  await untilTask('search', 'it waits', (task) => task.phase === 'Waiting');
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
  await givenTask('payments', { steps });
  await givenRelease('payments');
  await untilTask('payments', 'it waits', (task) => task.phase === 'Waiting');
  const page = await pageOf('maria');
  await page.goto(taskPath({ cluster: clusterName, namespace, name: 'payments' }));
  await page.getByRole('button', { name: 'Terminate', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Terminate the release of payments?' });
  await page.context().clearCookies();
  await dialog.getByRole('button', { name: 'Terminate' }).click();

  await page.getByLabel('Name').fill(people.maria.name);
  await page.getByLabel('Password', { exact: true }).fill(people.maria.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  // Nobody pressed Terminate a second time.
  await untilTask('payments', 'it was terminated', (task) => task.phase === 'Terminated');
  await expect(page.getByText('Terminated').first()).toBeVisible();
});
