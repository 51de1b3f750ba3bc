import { act, renderHook, waitFor } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { useTyped } from './use-typed';

function show() {
  const handOn = vi.fn();
  const { result, rerender } = renderHook(({ value }) => useTyped(value, handOn, 1), { initialProps: { value: '' } });
  const type = async (text: string) => {
    act(() => result.current[1](text));
    await waitFor(() => expect(handOn).toHaveBeenLastCalledWith(text.trim()));
  };
  return { typed: () => result.current[0], become: (value: string) => rerender({ value }), type };
}

it('keeps what was typed while what was handed on before comes back', async () => {
  const { typed, become, type } = show();
  await type('v');
  await type('vi');
  become('v');
  expect(typed()).toBe('vi');
  become('vi');
  expect(typed()).toBe('vi');
});

it('keeps a space at the end, which is not handed on', async () => {
  const { typed, become, type } = show();
  await type('two ');
  become('two');
  expect(typed()).toBe('two ');
});

it('takes a value from elsewhere, such as that of the back button', async () => {
  const { typed, become, type } = show();
  await type('v');
  become('v');
  become('');
  expect(typed()).toBe('');
  become('v');
  expect(typed()).toBe('v');
});
