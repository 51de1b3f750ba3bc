import { describe, expect, test } from 'vitest';
import type { TaskList, TaskRow } from '../../api/types';
import { taskId } from '../../components/release/paths';
import { makeTask, makeWaiting } from '../../test/make';
import { newChanges, patch } from './patch';

const cart = makeTask({ name: 'cart', uid: 'u2' });
const checkout = makeTask();
const list: TaskList = { items: [checkout, cart], total: 2, page: 1, pageSize: 50, counts: { total: 2, waitsForMe: 0, phases: {} }, clusters: [], eventId: '1' };

function changed(...rows: TaskRow[]) {
  const changes = newChanges();
  for (const row of rows) changes.rows.set(taskId(row), row);
  return changes;
}

describe('patch', () => {
  test('changes a row where it stands, and no other object', () => {
    const next = { ...cart, resourceVersion: '2', message: 'new' };
    const { list: patched, moved } = patch(list, changed(next), 'attention');
    expect(patched.items).toEqual([checkout, next]);
    expect(patched.items[0]).toBe(checkout);
    expect(moved).toBe(false);
  });

  test('a row that is as it was changes nothing', () => {
    expect(patch(list, changed({ ...cart }), 'attention').list.items).toBe(list.items);
  });

  test('keeps the order and says that the hub would have another one', () => {
    const { list: patched, moved } = patch(list, changed(makeWaiting(2, { name: 'cart', uid: 'u2', resourceVersion: '2' })), 'attention');
    expect(patched.items.map((row) => row.name)).toEqual(['checkout', 'cart']);
    expect(moved).toBe(true);
  });

  test('sorted by name, a changed phase moves nothing', () => {
    expect(patch(list, changed({ ...cart, resourceVersion: '2', phase: 'Failed' }), 'name').moved).toBe(false);
  });

  test('a row that is not on the page is not put there', () => {
    const { list: patched, moved } = patch(list, changed(makeTask({ name: 'search' })), 'name');
    expect(patched.items).toEqual(list.items);
    expect(moved).toBe(true);
  });

  test('a row that is gone stays until the page is read again', () => {
    const changes = newChanges();
    changes.gone.set(taskId(cart), cart);
    const { list: patched, moved } = patch(list, changes, 'name');
    expect(patched.items).toEqual(list.items);
    expect(moved).toBe(true);
  });

  test('that an older task of the same name is gone is no news', () => {
    const changes = newChanges();
    changes.gone.set(taskId(cart), { ...cart, uid: 'older' });
    expect(patch(list, changes, 'name').moved).toBe(false);
  });

  test('a task made anew under the same name is another one', () => {
    expect(patch(list, changed({ ...cart, uid: 'u3', resourceVersion: '9' }), 'name').moved).toBe(true);
  });

  test('takes counts over', () => {
    const changes = { ...newChanges(), counts: { total: 3, waitsForMe: 1, phases: {} } };
    expect(patch(list, changes, 'name').list.counts).toEqual(changes.counts);
  });
});
