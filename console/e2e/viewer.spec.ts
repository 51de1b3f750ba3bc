import { taskPath } from '../src/components/release/paths';
import { expect, expectAccessible, givenWaiting, pathOf, request, test } from './given';
import { clusterName, namespace } from './world';

test('a Viewer sees everything, can do nothing, and is told why', async ({ pageOf }) => {
  await givenWaiting('cart');

  const page = await pageOf('victor');
  await page.goto('/releases?q=cart');
  const row = page.getByRole('row', { name: /cart/ });
  await expect(row.getByText('waits for a person')).toBeVisible();
  await expect(row.getByRole('button', { name: 'Continue cart?' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Create Release Task' })).toHaveCount(0);

  await page.getByRole('link', { name: 'Approvals' }).click();
  await expect(page.getByText('Nothing waits for you')).toBeVisible();

  await page.goto(pathOf('cart'));
  const button = page.getByRole('button', { name: 'Continue', exact: true });
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await button.focus();
  await expect(page.getByRole('tooltip')).toContainText(/Viewer|Editor/);
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  // The console only says what the hub enforces.
  const answer = await request('victor', 'POST', `/api/v1/clusters/${clusterName}/namespaces/${namespace}/release-tasks/cart/actions`, { type: 'Continue' });
  expect(answer.status).toBe(403);
});

test('a task that is not there, and one that may not be seen, look the same', async ({ pageOf }) => {
  const page = await pageOf('victor');
  for (const place of ['shop', 'kube-system']) {
    await page.goto(taskPath({ cluster: clusterName, namespace: place, name: 'nobody' }));
    await expect(page.getByText('This doesn’t exist, or you are not a member of a workspace that holds it.')).toBeVisible();
  }
});
