/** The nonce of this page; the hub's Content-Security-Policy lets only styles with it in. */
export const cspNonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;

/**
 * Gives the nonce to every style element that a script makes. Ant Design's dialogs lock the page behind them by a
 * style that ConfigProvider's `csp` doesn't reach, and the policy would refuse it.
 */
export function giveStylesTheNonce() {
  if (!cspNonce) return;
  const create = document.createElement.bind(document);
  document.createElement = (name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = cspNonce;
    return element;
  };
}
