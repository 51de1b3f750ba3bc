// @ts-check
import { newContext } from './context.mjs';

/**
 * @typedef {object} Wanted
 * @property {string} page a path whose origin the calls are made from
 * @property {string} path of the call
 * @property {number} calls how many, one after the other
 */

/**
 * @param {import('@playwright/test').Browser} browser
 * @param {import('./measure.mjs').Common & Wanted} wanted
 */
export async function measureCalls(browser, wanted) {
  const context = await newContext(browser, wanted);
  const page = await context.newPage();
  await page.goto(wanted.page);
  /** @type {{took: number, wire: number, size: number}[]} */
  const seen = [];
  // The first one also opens the connection.
  for (let i = 0; i <= wanted.calls; i++) {
    const one = await page.evaluate(async (path) => {
      performance.clearResourceTimings();
      const began = performance.now();
      const answer = await fetch(path);
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      await answer.json();
      const took = performance.now() - began;
      // The page may ask for things of its own.
      const [timing] = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByName(answer.url));
      return { took, wire: timing?.encodedBodySize ?? 0, size: timing?.decodedBodySize ?? 0 };
    }, wanted.path);
    if (i > 0) seen.push(one);
  }
  await context.close();
  return { calls: seen };
}
