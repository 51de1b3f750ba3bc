import { expect, expectAccessible, keepPicture, lookName, test } from './given';
import { address, people } from './world';

const asProgram = (secret: string) => fetch(`${address}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } });

test('the sign-in is for everybody, says what is wrong, and leads on', async ({ pageOf }) => {
  for (const look of [
    { language: 'zh', width: 390, dark: true },
    { language: 'en', width: 1280, dark: false },
  ] as const) {
    const page = await pageOf(null, look);
    await page.goto('/audit');
    await expect(page.locator('input[name=password]')).toBeVisible();
    await expectAccessible(page);
    await keepPicture(page, `sign-in-${lookName(look)}`);
    if (look.language === 'zh') continue;

    const send = page.getByRole('button', { name: 'Sign in', exact: true });
    await page.getByLabel('Name').fill(people.maria.name);
    await page.getByLabel('Password', { exact: true }).fill('not hers');
    await send.click();
    await expect(page.getByRole('alert')).toHaveText('Name or password is wrong.');
    await expectAccessible(page);
    await page.getByLabel('Password', { exact: true }).fill(people.maria.password);
    await send.click();
    // Where the person was going.
    await expect(page.getByRole('heading', { level: 1, name: 'Audit' })).toBeVisible();

    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await expect(page.locator('input[name=password]')).toBeVisible();
  }
});

test('a token is shown once, works for programs, and not any more once it is revoked', async ({ pageOf }) => {
  const page = await pageOf('victor');
  await page.goto('/account/tokens');
  await page.getByRole('button', { name: 'Create token' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('What it is for').fill('night watch');
  await dialog.getByLabel('May only read').check();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Create token' }).click();
  const secret = (await dialog.getByLabel('Token', { exact: true }).textContent()) ?? '';
  await expectAccessible(page);
  const who = await asProgram(secret);
  expect((await who.json()) as { name: string }).toMatchObject({ name: 'victor', method: 'Token' });
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  await expect(page.getByText(secret)).toHaveCount(0);

  const row = page.getByRole('row', { name: /night watch/ });
  await expect(row.getByText('May only read')).toBeVisible();
  await row.getByRole('button', { name: 'Revoke token night watch' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText('Token revoked')).toBeVisible();
  await expect(row).toHaveCount(0);
  expect((await asProgram(secret)).status).toBe(401);
});

test('an administrator makes an account with a random password, which opens the door until it is deleted', async ({ pageOf }) => {
  const page = await pageOf('admin');
  const signIn = (password: string) =>
    fetch(`${address}/api/v1/auth/sign-in`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'guest', password }) });
  await page.goto('/account/accounts');
  const row = page.getByRole('row', { name: /guest/ });
  const remove = async () => {
    await row.getByRole('button', { name: 'Delete account guest' }).click();
    await page.getByRole('dialog', { name: 'Delete account guest?' }).getByRole('button', { name: 'Delete' }).click();
    await expect(row).toHaveCount(0);
  };
  await expect(page.getByRole('row', { name: /victor/ })).toBeVisible();
  // Of a run that was cut off.
  if ((await row.count()) > 0) await remove();

  await page.getByRole('button', { name: 'Create account' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create account' });
  await dialog.getByLabel('Name', { exact: true }).fill('guest');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Create account' }).click();
  const made = page.getByRole('dialog', { name: 'Account guest created' });
  const password = (await made.getByLabel('Password', { exact: true }).textContent()) ?? '';
  expect((await signIn(password)).status).toBe(200);
  await made.getByRole('button', { name: 'I have copied it' }).click();
  await remove();
  expect((await signIn(password)).status).toBe(401);
});
