import { useEffect, useRef, useState } from 'react';

/**
 * What a person types into a field whose value is kept elsewhere, such as in the address. It is handed on once nobody
 * has typed for `pause` milliseconds. What was handed on comes back as the value, on a slow machine late: it never takes
 * the place of what was typed since, while another value, such as that of the back button, does.
 */
export function useTyped(value: string, handOn: (value: string) => void, pause: number): [string, (typed: string) => void] {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  const [onTheWay, setOnTheWay] = useState<readonly string[]>([]);
  const latest = useRef(handOn);
  useEffect(() => {
    latest.current = handOn;
  });
  if (known !== value) {
    const own = onTheWay.indexOf(value);
    setKnown(value);
    setOnTheWay(own < 0 ? [] : onTheWay.slice(own + 1));
    if (own < 0) setTyped(value);
  }
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === value) return;
    const timer = setTimeout(() => {
      setOnTheWay((before) => [...before, wanted]);
      latest.current(wanted);
    }, pause);
    return () => clearTimeout(timer);
  }, [typed, value, pause]);
  return [typed, setTyped];
}
