import { beginRelease, expect, givenTask, pathOf, test, untilTask } from './given';

// The one with customers: a version is judged by what it answers them.
const name = 'checkout';

test('a version that fails one request in five goes back by itself, and the page says why', async ({ pageOf }) => {
  const { stable } = await givenTask(name);
  const serves = stable?.display ?? '';
  await beginRelease(name, 'v3');
  await untilTask(name, 'its release runs', (task) => task.release !== undefined);

  const page = await pageOf('maria');
  await page.goto(pathOf(name));
  await expect(page.getByText(`${serves} → v3`).first()).toBeVisible();
  // It is told while the page is open, without a reload.
  const why = page.getByRole('region', { name: 'Why it went back' });
  await expect(why).toBeVisible({ timeout: 240_000 });
  await expect(page.getByText(`The release of v3 went back by itself. ${serves} serves all requests.`)).toBeVisible();
  // The rule with its numbers, the moment, and what serves now.
  await expect(why.getByText(/of the canary's requests failed \(\d+ of \d+\)/).first()).toBeVisible();
  await expect(why.getByText('success-rate', { exact: true }).first()).toBeVisible();
  await expect(why.getByText(/^Canary [\d.]+%$/).first()).toBeVisible();
  await expect(why.locator('time')).toHaveAttribute('datetime', /T/);
  await expect(why.getByText(`${serves} serves all requests, 2 of 2 pods ready.`)).toBeVisible();

  const analysis = page.getByRole('region', { name: 'Analysis' });
  await expect(analysis.getByText('Worse', { exact: true })).toBeVisible();
  const chart = analysis.getByRole('img', { name: /^Success rate\. Canary [\d.]+ %, stable [\d.]+ %, limit 99 %\.$/ });
  await expect(chart).toBeVisible();
  await expect(analysis.getByRole('img', { name: /^Latency, p99\. Canary .+, stable .+\.$/ })).toBeVisible();
  // Arrow keys read it as the pointer does.
  await chart.focus();
  await page.keyboard.press('ArrowLeft');

  await expect(page.getByRole('region', { name: 'History' }).getByText('Went back').first()).toBeVisible();
  await page.goto(`/releases?q=${name}`);
  const row = page.getByRole('row', { name: new RegExp(name) });
  await expect(row.getByText('Failed', { exact: true })).toBeVisible();
  await expect(row.getByText('(v3 failed)')).toBeVisible();
});
