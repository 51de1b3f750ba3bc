// @ts-check
import { newContext } from './context.mjs';

/**
 * @typedef {object} Wanted
 * @property {string} path of the list
 * @property {string} row selector of what is drawn for a task
 * @property {string} control selector, inside a row, of what is pressed
 * @property {string} answer selector of what pressing it brings
 * @property {string} next selector of what turns the page; empty: pages are not turned
 * @property {number} loads how many of each kind
 * @property {number} turns how many pages are turned
 *
 * @typedef {object} Arrival
 * @property {number} painted first contentful paint; this and all other times are milliseconds since the navigation began
 * @property {number} rows when the first rows were on the screen
 * @property {number} answered when pressing a row's control had shown what it brings
 * @property {number} blocked for how long, in sum, the page could not have answered until then: of each frame what is over 50 ms
 * @property {number} scriptWire bytes of scripts until then, as they came over the wire, without headers
 * @property {number} scriptSize the same, unpacked
 * @property {number} scripts how many there were
 * @property {number} wire bytes of everything until then, without headers
 */

/**
 * Loads with empty caches, with filled ones, and with empty ones over a slow line; then turns pages.
 *
 * @param {import('@playwright/test').Browser} browser
 * @param {import('./measure.mjs').Common & Wanted} wanted
 */
export async function measureLoads(browser, wanted) {
  // What the browser itself does only once, such as starting its helpers, is no part of a load.
  await inNew((context) => load(context, wanted));

  const cold = await times(wanted.loads, () => inNew((context) => load(context, wanted)));
  const slow = await times(Math.ceil(wanted.loads / 3), () => inNew((context) => load(context, wanted, slowly)));
  const warm = await inNew(async (context) => {
    await load(context, wanted);
    return times(wanted.loads, () => load(context, wanted));
  });
  const turned = wanted.next ? await inNew((context) => turn(context, wanted)) : [];
  return { cold, slow, warm, turned };

  /**
   * @template T
   * @param {(context: import('@playwright/test').BrowserContext) => Promise<T>} measure
   */
  async function inNew(measure) {
    const context = await newContext(browser, wanted);
    await context.addInitScript(watchArrival, wanted);
    try {
      return await measure(context);
    } finally {
      await context.close();
    }
  }
}

/**
 * @param {import('@playwright/test').BrowserContext} context
 * @param {Wanted} wanted
 * @param {(page: import('@playwright/test').Page) => Promise<void>} [prepare]
 * @returns {Promise<Arrival>}
 */
async function load(context, wanted, prepare) {
  const page = await context.newPage();
  await prepare?.(page);
  await page.goto(wanted.path, { waitUntil: 'commit' });
  const arrival = await page.evaluate(() => /** @type {any} */ (window).arrival);
  await page.close();
  return arrival;
}

/**
 * A line with a round trip of 40 ms and 10 Mbit/s, as people have away from the office.
 *
 * @param {import('@playwright/test').Page} page
 */
async function slowly(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 40, downloadThroughput: 10e6 / 8, uploadThroughput: 10e6 / 8 });
}

/**
 * Runs in the page before anything else: presses a row's control as soon as there is a row on the screen.
 *
 * @param {Wanted} wanted
 */
function watchArrival({ row, control, answer }) {
  if (window.top !== window) return;
  /** @type {number[]} */
  const frames = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) frames.push(/** @type {any} */ (entry).blockingDuration);
  }).observe({ type: 'long-animation-frame', buffered: true });

  /** @param {() => boolean} there */
  const drawn = (there) =>
    new Promise((resolve) => {
      const look = () => {
        if (!there()) return requestAnimationFrame(look);
        // What a frame found in the document is on the screen when that frame is over.
        setTimeout(() => resolve(performance.now()));
      };
      requestAnimationFrame(look);
    });
  const watch = async () => {
    const rows = await drawn(() => document.querySelector(`${row} ${control}`) !== null);
    /** @type {HTMLElement} */ (document.querySelector(`${row} ${control}`)).click();
    const answered = await drawn(() => document.querySelector(answer) !== null);
    const resources = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType('resource')).filter((one) => one.responseEnd > 0);
    const scripts = resources.filter((one) => new URL(one.name).pathname.endsWith('.js'));
    /** @param {PerformanceResourceTiming[]} list @param {'encodedBodySize' | 'decodedBodySize'} size */
    const sum = (list, size) => list.reduce((bytes, one) => bytes + one[size], 0);
    const [page] = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType('navigation'));
    return {
      painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
      rows,
      answered,
      blocked: frames.reduce((all, one) => all + one, 0),
      scriptWire: sum(scripts, 'encodedBodySize'),
      scriptSize: sum(scripts, 'decodedBodySize'),
      scripts: scripts.length,
      wire: sum(page ? [page, ...resources] : resources, 'encodedBodySize'),
    };
  };
  /** @type {any} */ (window).arrival = watch();
}

/**
 * From pressing "next page" until other rows are on the screen, in milliseconds.
 *
 * @param {import('@playwright/test').BrowserContext} context
 * @param {Wanted} wanted
 * @returns {Promise<number[]>}
 */
async function turn(context, { path, row, next, turns }) {
  const page = await context.newPage();
  await page.goto(path);
  await page.locator(row).first().waitFor();
  return times(turns, () =>
    page.evaluate(
      ({ row, next }) =>
        new Promise((resolve) => {
          const before = document.querySelector(row)?.textContent;
          const began = performance.now();
          /** @type {HTMLElement} */ (document.querySelector(next)).click();
          const look = () => {
            const now = document.querySelector(row)?.textContent;
            if (now === undefined || now === before) return requestAnimationFrame(look);
            setTimeout(() => resolve(performance.now() - began));
          };
          requestAnimationFrame(look);
        }),
      { row, next },
    ),
  );
}

/**
 * One after the other.
 *
 * @template T
 * @param {number} count
 * @param {() => Promise<T>} measure
 */
async function times(count, measure) {
  /** @type {T[]} */
  const seen = [];
  for (let i = 0; i < count; i++) seen.push(await measure());
  return seen;
}
