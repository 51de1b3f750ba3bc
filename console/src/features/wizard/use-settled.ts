import { useEffect, useState } from 'react';

/** The value once it has stayed the same, by its JSON text, for some milliseconds; before that the one settled before. */
export function useSettled<T>(value: T, milliseconds: number): T {
  const [settled, setSettled] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
    // The text stands for the value, which is another object with every render.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [text, milliseconds]);
  return settled;
}
