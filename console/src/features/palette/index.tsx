export function Palette(props: { close: () => void }) {
  return props && null;
}
