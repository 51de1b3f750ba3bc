import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { answerRequests, renderConsole } from '../../test/render';
import { WorkspacesPage } from './index';
import type { Workspace } from './settings';

const shop: Workspace = {
  name: 'shop',
  displayName: 'Shop',
  createdAt: '2026-01-01T00:00:00Z',
  etag: '"7"',
  ready: true,
  role: 'Admin',
  tasks: 3,
  members: [
    { kind: 'User', name: 'maria', role: 'Admin' },
    { kind: 'Group', name: 'devs', role: 'Editor' },
  ],
  namespaces: [{ cluster: 'prod-eu', namespace: 'shop' }],
};

function show(workspace: Workspace, status = 200) {
  const requests = answerRequests((request, url) => {
    if (url.pathname === '/api/v1/me') return { body: { name: 'maria', groups: [], workspaces: [], admin: false, may: {} } };
    if (request.method === 'PUT') return status === 200 ? { body: workspace } : { status, body: { detail: 'The workspace has changed.' } };
    return { body: url.pathname === '/api/v1/workspaces' ? { items: [workspace] } : workspace };
  });
  const view = renderConsole(<WorkspacesPage />, { at: '/workspaces/shop', route: '/workspaces/*' });
  return { ...view, put: () => requests.find(({ method }) => method === 'PUT'), user: userEvent.setup() };
}

async function addVictor(user: ReturnType<typeof userEvent.setup>) {
  await user.click(await screen.findByRole('button', { name: 'Add member' }));
  await user.type(screen.getByRole('textbox', { name: 'Name of member 3' }), 'victor');
}

describe('WorkspacePage', () => {
  it('lets an Admin change the members, of the workspace as it was seen', async () => {
    const { put, user } = show(shop);
    await addVictor(user);
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved')).toBeInTheDocument();
    expect(put()?.headers.get('If-Match')).toBe('"7"');
    expect(await put()?.json()).toMatchObject({ members: [...shop.members, { kind: 'User', name: 'victor', role: 'Editor' }], namespaces: shop.namespaces });
  });

  it('says that somebody was faster, and keeps what was typed until the person has looked', async () => {
    const { user } = show(shop, 412);
    await addVictor(user);
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Somebody else changed this workspace in the meantime')).toBeVisible();
    expect(screen.getByRole('textbox', { name: 'Name of member 3' })).toHaveValue('victor');
    expect(screen.getByRole('button', { name: 'Show what is there now' })).toBeEnabled();
  });

  it('asks before changes are left behind', async () => {
    const { router, user } = show(shop);
    await addVictor(user);
    void router.navigate('/releases');
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('There are changes that are not saved.');
    expect(router.state.location.pathname).toBe('/workspaces/shop');
    await user.click(within(dialog).getByRole('button', { name: 'Discard changes' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/releases'));
  });

  it('shows a Viewer who is in it, and nothing to change', async () => {
    show({ ...shop, role: 'Viewer' });
    expect(await screen.findByText('Only an Admin of the workspace changes its members.')).toBeVisible();
    expect(screen.getByText('devs')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Add member' })).not.toBeInTheDocument();
    expect(screen.queryByRole('textbox')).not.toBeInTheDocument();
  });
});
