import { beginRelease, expect, expectAccessible, givenTask, keepPicture, lookName, pathOf, test, untilTask } from './given';

// The one with customers: a version is judged by what it answers them.
const name = 'checkout';
const rules = {
  steps: [{ weight: 20, wait: '5m' }, { weight: 50, wait: '5m' }],
  analysis: {
    interval: '5s',
    metrics: [
      { name: 'success-rate', predefined: { type: 'SuccessRate' as const }, limit: '99%' },
      { name: 'latency', predefined: { type: 'Latency' as const, quantile: 'p99' as const } },
    ],
  },
};

test('a version that fails one request in five goes back by itself, and the page says why', async ({ pageOf }) => {
  const { stable } = await givenTask(name, rules);
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
  await expect(row.getByText('Failed')).toBeVisible();
  await expect(row.getByText('(v3 failed)')).toBeVisible();
});

test('a failed release is explained to everybody', async ({ pageOf }) => {
  const task = await givenTask(name, rules);
  if (task.phase !== 'Failed') {
    await beginRelease(name, 'v3');
    await untilTask(name, 'it went back', ({ phase }) => phase === 'Failed');
  }
  for (const look of [
    { language: 'en', width: 1280, dark: false },
    { language: 'en', width: 390, dark: true },
    { language: 'zh', width: 1280, dark: true },
  ] as const) {
    const page = await pageOf('maria', look);
    await page.goto(pathOf(name));
    const charts = page.getByRole('figure');
    await expect(charts).toHaveCount(2);
    await expectAccessible(page);
    await keepPicture(page, `failed-${lookName(look)}`);
    await charts.first().scrollIntoViewIfNeeded();
    await page.getByRole('region', { name: look.language === 'zh' ? '分析' : 'Analysis' }).evaluate((section) => section.scrollIntoView({ block: 'center' }));
    await keepPicture(page, `failed-charts-${lookName(look)}`);
  }
});
