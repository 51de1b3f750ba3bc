import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { Me } from '../../api/types';
import { answerRequests, renderConsole, type Answer } from '../../test/render';
import { AccountPage } from './index';

const maria: Me = {
  name: 'maria',
  displayName: 'Maria Lindt',
  admin: false,
  groups: ['devs'],
  method: 'Local',
  readOnly: false,
  workspaces: [],
  may: { changePassword: true, createTasks: true, createTokens: true, createWorkspaces: false, manageAccounts: false, manageClusters: false, readAudit: true },
};
const admin: Me = { ...maria, admin: true, may: { ...maria.may, manageAccounts: true } };
const token = { id: 't1', name: 'pipeline', readOnly: false, createdAt: '2026-01-01T00:00:00Z', expiresAt: '2126-01-01T00:00:00Z' };
const account = { name: 'maria', displayName: 'Maria Lindt', admin: true, disabled: false, groups: [], createdAt: '2026-01-01T00:00:00Z' };

function show(at: string, me: Me, answer: Answer) {
  const requests = answerRequests((request, url) => (url.pathname === '/api/v1/me' ? { body: me } : answer(request, url)));
  renderConsole(<AccountPage />, { at, route: '/account/*' });
  const sent = (method: string) => requests.find((request) => request.method === method);
  return { sent, user: userEvent.setup() };
}

describe('tokens', () => {
  it('shows the secret of a new token once', async () => {
    const { sent, user } = show('/account/tokens', maria, (request) => (request.method === 'POST' ? { status: 201, body: { ...token, secret: 'wb_secret' } } : { body: { items: [] } }));
    expect(await screen.findByText('You have no tokens')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Create token' }));
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByRole('button', { name: 'Create token' }));
    expect(within(dialog).getByLabelText('What it is for')).toHaveAccessibleDescription('Say what it is for.');
    expect(sent('POST')).toBeUndefined();
    await user.type(within(dialog).getByLabelText('What it is for'), ' pipeline ');
    await user.click(within(dialog).getByRole('checkbox', { name: 'May only read' }));
    await user.click(within(dialog).getByRole('button', { name: 'Create token' }));
    expect(await screen.findByText('wb_secret')).toBeInTheDocument();
    expect(await sent('POST')?.json()).toEqual({ name: 'pipeline', days: 90, readOnly: true });
    await user.click(screen.getByRole('button', { name: 'I have copied it' }));
    await waitFor(() => expect(screen.queryByText('wb_secret')).not.toBeInTheDocument());
  });

  it('asks before it revokes one', async () => {
    const { sent, user } = show('/account/tokens', maria, (request) => (request.method === 'DELETE' ? { status: 204 } : { body: { items: [token] } }));
    await user.click(await screen.findByRole('button', { name: 'Revoke token pipeline' }));
    expect(sent('DELETE')).toBeUndefined();
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Revoke' }));
    expect(await screen.findByText('Token revoked')).toBeInTheDocument();
    expect(new URL(sent('DELETE')?.url ?? '').pathname).toBe('/api/v1/me/tokens/t1');
  });

  it('makes none by a token, and says why', async () => {
    show('/account/tokens', { ...maria, method: 'Token', may: { ...maria.may, createTokens: false } }, () => ({ body: { items: [] } }));
    expect(await screen.findByRole('button', { name: 'Create token' })).toBeDisabled();
    expect(screen.getByText(/you are here by a token/)).toBeVisible();
  });
});

describe('password', () => {
  it('checks what was typed before the hub does, and says that other sessions ended', async () => {
    const { sent, user } = show('/account', maria, () => ({ status: 204 }));
    const change = await screen.findByRole('button', { name: 'Change password' });
    await user.type(screen.getByLabelText('New password'), 'short');
    await user.click(change);
    expect(screen.getByLabelText('Present password')).toHaveAccessibleDescription('Type your present password.');
    expect(screen.getByLabelText('New password')).toHaveAccessibleDescription('Use at least 12 characters.');
    await user.type(screen.getByLabelText('Present password'), 'the old words');
    await user.clear(screen.getByLabelText('New password'));
    await user.type(screen.getByLabelText('New password'), 'some new words');
    for (const again of ['{Tab}', 'some new word!']) {
      await user.type(screen.getByLabelText('New password, again'), again);
      await user.click(change);
      expect(screen.getByLabelText('New password, again')).toHaveAccessibleDescription('The two are not the same.');
    }
    expect(sent('PUT')).toBeUndefined();
    await user.clear(screen.getByLabelText('New password, again'));
    await user.type(screen.getByLabelText('New password, again'), 'some new words');
    await user.click(change);
    expect(await screen.findByText('Password changed. Your other sessions have ended.')).toBeInTheDocument();
  });

  it('is changed at the provider by those who come from one', async () => {
    show('/account', { ...maria, method: 'OIDC', may: { ...maria.may, changePassword: false } }, () => undefined);
    expect(await screen.findByText(/kept by the provider/)).toBeVisible();
    expect(screen.queryByLabelText('New password')).not.toBeInTheDocument();
  });
});

describe('accounts', () => {
  it('are no part of the page for those who may not manage them', async () => {
    show('/account/accounts', maria, () => ({ body: { items: [account] } }));
    expect(await screen.findByText(/This doesn’t exist/)).toBeVisible();
    expect(screen.queryByRole('link', { name: 'Local accounts' })).not.toBeInTheDocument();
  });

  it('keep an administrator from locking themselves out', async () => {
    const { user } = show('/account/accounts', admin, () => ({ body: { items: [account, { ...account, name: 'victor', displayName: '' }] } }));
    await user.click(await screen.findByRole('button', { name: 'Edit account maria' }));
    const dialog = await screen.findByRole('dialog');
    for (const name of ['Administrator of the platform', 'Disabled']) expect(within(dialog).getByRole('checkbox', { name })).toBeDisabled();
    expect(screen.queryByRole('button', { name: 'Delete account maria' })).not.toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Delete account victor', hidden: true })).toBeInTheDocument();
  });

  it('say what is wrong with a name, and show a random password once', async () => {
    const { sent, user } = show('/account/accounts', admin, (request) => (request.method === 'POST' ? { status: 201, body: { password: 'four random words' } } : { body: { items: [account] } }));
    await user.click(await screen.findByRole('button', { name: /Create account/ }));
    const dialog = await screen.findByRole('dialog');
    const name = within(dialog).getByLabelText('Name');
    await user.type(name, 'maria');
    expect(name).toHaveAccessibleDescription('There is an account of that name already.');
    await user.type(name, ' B');
    expect(name).toHaveAccessibleDescription(/Use lower case letters/);
    await user.clear(name);
    await user.type(name, 'nora');
    await user.click(within(dialog).getByRole('button', { name: 'Create account' }));
    expect(await screen.findByText('four random words')).toBeInTheDocument();
    expect(await sent('POST')?.json()).toMatchObject({ name: 'nora', admin: false });
  });
});
