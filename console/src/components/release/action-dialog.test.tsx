import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import type { Action } from '../../api/types';
import { answerRequests, renderConsole, type Answer } from '../../test/render';
import { makeTask, makeVersion, makeWaiting } from '../../test/make';
import { ActionDialog } from './action-dialog';
import type { Asked } from './effects';

function show(type: Asked, task = makeTask(), answer: Answer = () => undefined) {
  const requests = answerRequests(answer);
  const onClose = vi.fn();
  renderConsole(<ActionDialog type={type} task={task} onClose={onClose} />);
  return { requests, onClose, user: userEvent.setup() };
}

const done = (state: Action['state'], message = ''): ReturnType<Answer> => ({ status: 201, body: { name: 'a1', state, message } });
const imageField = () => screen.findByRole<HTMLInputElement>('textbox', { name: 'New image of container app' });

describe('ActionDialog', () => {
  it('asks for the new images with the tag selected, and sends only what changed', async () => {
    const { requests, onClose, user } = show('UpdateVersion', makeTask({ stable: makeVersion(41, { containers: [{ name: 'app', image: 'shop:v41' }, { name: 'proxy', image: 'envoy:v1' }] }) }), () => done('Succeeded'));
    const app = await imageField();
    await waitFor(() => expect(app).toHaveFocus());
    expect(app.value.slice(app.selectionStart ?? 0, app.selectionEnd ?? 0)).toBe('v41');
    await user.keyboard('v42{Enter}');
    await waitFor(() => expect(onClose).toHaveBeenCalled());
    expect(await requests[0]?.json()).toEqual({ type: 'UpdateVersion', updateVersion: { containers: [{ name: 'app', image: 'shop:v42' }] } });
    expect(await screen.findByText(/Updated version successful/)).toBeVisible();
  });

  it('says what is missing, and asks nothing of the hub until it is there', async () => {
    const { requests, user } = show('UpdateVersion');
    await imageField();
    await user.click(screen.getByRole('button', { name: 'Update and release' }));
    expect(screen.getByRole('alert')).toHaveTextContent('Change at least one image');
    expect(requests).toEqual([]);
  });

  it('sends another key with other images, so that they are no repetition of those before', async () => {
    const { requests, user } = show('UpdateVersion', makeTask(), () => ({ status: 422, body: { detail: 'That image is not allowed here.' } }));
    const button = screen.getByRole('button', { name: 'Update and release' });
    await user.clear(await imageField());
    await user.type(await imageField(), 'shop:v42');
    await user.click(button);
    expect(await screen.findByText('That image is not allowed here.')).toBeVisible();
    await user.click(button);
    await waitFor(() => expect(requests).toHaveLength(2));
    await user.type(await imageField(), '-1');
    await user.click(button);
    await waitFor(() => expect(requests).toHaveLength(3));
    const [first, second, third] = requests.map((request) => request.headers.get('Idempotency-Key'));
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('says what will happen, and stays to say why it was refused', async () => {
    const { requests, onClose, user } = show('Continue', makeWaiting(2), () => done('Refused', 'The task has moved on to step 3.'));
    await waitFor(() => expect(screen.getByText('v42 gets 50 % of requests instead of 20 %.')).toBeVisible());
    await user.click(screen.getByRole('button', { name: 'Continue' }));
    expect(await screen.findByText('The task has moved on to step 3.')).toBeVisible();
    expect(await requests[0]?.json()).toEqual({ type: 'Continue', expect: { revision: 42, step: 2 } });
    expect(onClose).not.toHaveBeenCalled();
    await user.click(screen.getAllByRole('button', { name: 'Close' })[1] as HTMLElement);
    expect(onClose).toHaveBeenCalledOnce();
  });
});
