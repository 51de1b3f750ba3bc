import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { components } from '../../api/schema.gen';
import { answerRequests, renderConsole } from '../../test/render';
import { AuditPage } from './audit-page';

type Entry = components['schemas']['AuditEntry'];

const entry: Entry = {
  id: 'e1',
  at: '2026-01-01T00:00:00Z',
  who: 'maria',
  via: 'Local',
  from: '192.0.2.7',
  action: 'Terminate',
  target: { kind: 'ReleaseTask', cluster: 'prod-eu', namespace: 'shop', name: 'checkout' },
  result: 'Refused',
  message: 'no release runs',
};

function show(items: Entry[], at = '/audit', reachable = true) {
  const requests = answerRequests(() => ({ body: { items, total: items.length, page: 1, pageSize: 50, clusters: [{ name: 'prod-us', displayName: 'Prod US', reachable, loaded: true }] } }));
  renderConsole(<AuditPage />, { at, route: '/audit' });
  const asked = () => new URL(requests.at(-1)?.url ?? '').searchParams;
  return { asked, user: userEvent.setup() };
}

describe('AuditPage', () => {
  it('says who did what to what, from where and with what result', async () => {
    show([entry, { ...entry, id: 'e2', action: 'Delete', target: { kind: 'Workspace', name: 'shop' }, result: 'Succeeded', message: undefined }]);
    const row = await screen.findByRole('row', { name: /Terminate/ });
    for (const text of ['maria', 'password', '192.0.2.7', 'prod-eu / shop', 'Refused', 'No release runs.']) expect(within(row).getByText(text)).toBeVisible();
    expect(within(row).getByRole('link', { name: 'checkout' })).toHaveAttribute('href', '/releases/prod-eu/shop/checkout');
    expect(within(screen.getByRole('row', { name: /Delete/ })).getByRole('link', { name: 'shop' })).toHaveAttribute('href', '/workspaces/shop');
    expect(screen.getByText('2 entries')).toBeVisible();
  });

  it('asks for what the address says, and for another person once the typing has ended', async () => {
    const { asked, user } = show([entry], '/audit?who=maria&result=Refused');
    await screen.findByText('No release runs.');
    expect(asked().get('who')).toBe('maria');
    expect(asked().get('result')).toBe('Refused');
    await user.clear(screen.getByRole('textbox', { name: 'Who' }));
    await user.type(screen.getByRole('textbox', { name: 'Who' }), 'victor');
    await waitFor(() => expect(asked().get('who')).toBe('victor'));
  });

  it('tells nothing done from nothing that fits, which can be undone', async () => {
    const { asked, user } = show([], '/audit?who=nobody');
    expect(await screen.findByText('Nothing fits these filters')).toBeVisible();
    await user.click(screen.getAllByRole('button', { name: 'Clear filters' })[0] as HTMLElement);
    expect(await screen.findByText('Nothing has been done yet')).toBeVisible();
    expect(asked().has('who')).toBe(false);
  });

  it('says which cluster’s entries may be missing', async () => {
    show([entry], '/audit', false);
    expect(await screen.findByText(/Newest entries of Prod US may be missing/)).toBeVisible();
  });
});
