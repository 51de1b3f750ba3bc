// @ts-check
import { newContext, pause } from './context.mjs';

/**
 * @typedef {object} Wanted
 * @property {string} path of the page; empty: a plain page of text, which shows what the browser can do here
 * @property {string} row selector of the rows
 * @property {number} rows how many rows there are when the page is complete
 * @property {boolean} scroll whether it is scrolled meanwhile, with the pointer over it; else the pointer is away
 * @property {number} seconds how long it is looked at
 */

// Pixels a second: a wheel that is turned briskly.
const speed = 2_000;

/**
 * @param {import('@playwright/test').Browser} browser
 * @param {import('./measure.mjs').Common & Wanted} wanted
 */
export async function measureFrames(browser, wanted) {
  const context = await newContext(browser, wanted);
  const page = await context.newPage();
  if (wanted.path) {
    await page.goto(wanted.path);
    await page.locator(wanted.row).nth(wanted.rows - 1).waitFor({ state: 'attached' });
  } else {
    await page.setContent(`<table>${`<tr style="height: 66px"><td>${'some text '.repeat(12)}</td></tr>`.repeat(wanted.rows)}</table>`);
  }
  // What a load leaves to do, such as fetching what may be needed next, is over then.
  await pause(3_000);

  await page.evaluate(record, wanted.row);
  const end = Date.now() + wanted.seconds * 1_000;
  let distance = 0;
  if (wanted.scroll) {
    while (Date.now() < end) distance += await scroll(page);
  } else {
    await pause(wanted.seconds * 1_000);
  }
  const seen = await page.evaluate(() => /** @type {any} */ (window).recorded());
  await context.close();
  return { distance, ...seen };
}

/**
 * From the top to the bottom and back, by the wheel; returns how many pixels the page moved.
 *
 * @param {import('@playwright/test').Page} page
 */
async function scroll(page) {
  const session = await page.context().newCDPSession(page);
  let moved = 0;
  for (const direction of [-1, 1]) {
    const height = await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
    const before = await page.evaluate(() => window.scrollY);
    await session.send('Input.synthesizeScrollGesture', { x: 700, y: 500, yDistance: direction * height, speed, gestureSourceType: 'mouse' });
    moved += Math.abs((await page.evaluate(() => window.scrollY)) - before);
  }
  await session.detach();
  return moved;
}

/**
 * Runs in the page: notes when each frame begins, which ones took long and why, and how many rows changed.
 *
 * @param {string} row
 */
function record(row) {
  /** @type {number[]} */
  const at = [];
  /** @type {object[]} */
  const long = [];
  let changed = 0;
  let going = true;
  /** @param {number} time */
  const note = (time) => {
    at.push(time);
    if (going) requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
  const frames = new PerformanceObserver((list) => {
    for (const entry of /** @type {any[]} */ (list.getEntries())) {
      long.push({
        duration: entry.duration,
        // Of that, what styles, layout and drawing took.
        drawing: entry.startTime + entry.duration - (entry.styleAndLayoutStart || entry.startTime + entry.duration),
        scripts: entry.scripts.map((/** @type {any} */ one) => ({ name: `${one.invoker} ${one.sourceFunctionName}`, duration: one.duration })),
      });
    }
  });
  frames.observe({ type: 'long-animation-frame' });
  const rows = new MutationObserver((mutations) => {
    const elements = mutations.map(({ target }) => (target instanceof Element ? target : target.parentElement)?.closest(row));
    changed += new Set(elements.filter(Boolean)).size;
  });
  rows.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  /** @type {any} */ (window).recorded = () => {
    going = false;
    frames.disconnect();
    rows.disconnect();
    return { frames: at.slice(1).map((time, i) => time - (at[i] ?? 0)), long, changed };
  };
}
