// @ts-check

/**
 * A browser of a person who is signed in, with empty caches.
 *
 * @param {import('@playwright/test').Browser} browser
 * @param {import('./measure.mjs').Common} wanted
 */
export async function newContext(browser, wanted) {
  const context = await browser.newContext({ baseURL: wanted.address, viewport: { width: 1280, height: 800 }, locale: 'en-US', colorScheme: 'light' });
  await context.addCookies(wanted.cookies.map((cookie) => ({ ...cookie, url: wanted.address })));
  await context.addInitScript((stored) => {
    // Documents without an origin, such as the one before the first navigation, have no storage.
    if (location.origin === 'null') return;
    for (const [name, value] of Object.entries(stored)) localStorage.setItem(name, value);
  }, wanted.stored);
  return context;
}

/** @param {number} milliseconds */
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
