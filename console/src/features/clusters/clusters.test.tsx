import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { answerRequests, renderConsole } from '../../test/render';
import { ClustersPage } from './index';
import type { Cluster, Component } from './settings';

const part = (name: string, over: Partial<Component> = {}): Component => ({ name, state: 'Ready', message: `${name} runs.`, neededFor: 'always', ...over });

const cluster: Cluster = {
  name: 'prod-eu',
  displayName: 'Production, Europe',
  components: [part('Argo Rollouts', { version: 'v1.9.1' }), part('Istio', { state: 'Missing', message: 'No Istio was found.', mend: 'Install Istio.', neededFor: 'traffic' })],
  etag: '"1"',
  inCluster: false,
  loaded: true,
  reachable: true,
  namespaces: 2,
  tasks: 1,
  usable: { analysis: false, instances: true, istio: false, lacking: [] },
};

function show(at: string, items: Cluster[], mayManage = false) {
  const requests = answerRequests((request, url) => {
    if (url.pathname === '/api/v1/me') return { body: { name: 'maria', groups: [], workspaces: [], may: { manageClusters: mayManage } } };
    if (request.method !== 'GET') return { status: 204 };
    if (url.pathname === '/api/v1/clusters') return { body: { items } };
    const found = items.find(({ name }) => url.pathname.endsWith(`/${name}`));
    return found && { body: found };
  });
  renderConsole(<ClustersPage />, { at, route: '/clusters/*' });
  return { requests, user: userEvent.setup() };
}

describe('ClustersPage', () => {
  it('tells what each cluster has, and leads to its tasks', async () => {
    show('/clusters', [cluster]);
    const parts = await screen.findByRole('table', { name: 'What is installed' });
    expect(within(parts).getByRole('row', { name: /Argo Rollouts v1\.9\.1 Ready/ })).toBeVisible();
    expect(within(parts).getByRole('row', { name: /Istio Missing/ })).toBeVisible();
    expect(screen.getByRole('link', { name: '1 release task' })).toHaveAttribute('href', '/releases?cluster=prod-eu');
    expect(screen.queryByRole('button', { name: /Connect cluster/ })).not.toBeInTheDocument();
  });

  it('says since when one can’t be reached, and that what is shown is old', async () => {
    show('/clusters', [{ ...cluster, reachable: false, since: new Date(Date.now() - 7_200_000).toISOString() }]);
    expect(await screen.findByText('Can’t be reached for 2 h')).toBeVisible();
    expect(screen.getByText('What is shown is as it was last seen.')).toBeVisible();
  });

  it.each([
    [false, 'A cluster appears once a workspace of yours holds one of its namespaces.'],
    [true, 'Connect the first cluster: releases run there, and go on when this hub is down.'],
  ])('says what to do where there is none (may manage: %s)', async (mayManage, hint) => {
    show('/clusters', [], mayManage);
    expect(await screen.findByText(hint)).toBeVisible();
    expect(screen.queryAllByRole('button', { name: /Connect cluster/ }).length > 0).toBe(mayManage);
  });

  it('says what a cluster can carry, and how to mend what it lacks', async () => {
    show('/clusters/prod-eu', [cluster]);
    expect(await screen.findByRole('heading', { level: 1, name: 'Production, Europe' })).toBeVisible();
    expect(screen.getByText('What to do: Install Istio.')).toBeVisible();
    const able = (what: string) => within(screen.getByText(what)).getByRole('img').getAttribute('aria-label');
    expect(able('Releases by number of instances')).toBe('yes');
    expect(able('Releases by weights of the mesh')).toBe('no');
  });

  it('asks before it disconnects one, with what that means', async () => {
    const { requests, user } = show('/clusters/prod-eu', [cluster], true);
    await user.click(await screen.findByRole('button', { name: 'Disconnect' }));
    const dialog = await screen.findByRole('dialog');
    expect(within(dialog).getByText(/Its release task disappears from this console/)).toBeInTheDocument();
    expect(requests.some(({ method }) => method === 'DELETE')).toBe(false);
    await user.click(within(dialog).getByRole('button', { name: 'Disconnect' }));
    expect(await screen.findByText('Cluster disconnected')).toBeInTheDocument();
  });

  it('names the page after what isn’t there', async () => {
    show('/clusters/elsewhere', []);
    expect(await screen.findByText(/This doesn’t exist/)).toBeVisible();
    expect(screen.getByRole('heading', { level: 1, name: 'elsewhere' })).toBeVisible();
  });
});
