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

  await browser.startTracing(page, { categories: ['toplevel'] });
  await page.evaluate(record, wanted.row);
  const end = Date.now() + wanted.seconds * 1_000;
  let distance = 0;
  if (wanted.scroll) {
    while (Date.now() < end) distance += await scroll(page);
  } else {
    await pause(wanted.seconds * 1_000);
  }
  const seen = await page.evaluate(() => /** @type {any} */ (window).recorded());
  const work = workOf(await browser.stopTracing());
  await context.close();
  return { distance, work, ...seen };
}

/**
 * For how long the page's thread worked at a time, in milliseconds of processor time: what others did on the machine
 * meanwhile doesn't count. An answer to a person waits for the one that is under way.
 *
 * @param {Buffer} trace in Chromium's format: times in microseconds, `tdur` that of the thread
 * @returns {number[]}
 */
function workOf(trace) {
  /** @type {{traceEvents: {name: string, ph: string, pid: number, tid: number, tdur?: number, args: {name?: string}}[]}} */
  const { traceEvents } = JSON.parse(trace.toString());
  const threads = new Set(traceEvents.filter((one) => one.name === 'thread_name' && one.args.name === 'CrRendererMain').map((one) => `${one.pid} ${one.tid}`));
  /** @type {Map<number, number[]>} */
  const work = new Map();
  for (const { name, ph, pid, tid, tdur } of traceEvents) {
    if (ph !== 'X' || !tdur || !name.endsWith('RunTask') || !threads.has(`${pid} ${tid}`)) continue;
    const before = work.get(pid);
    if (before) before.push(tdur / 1_000);
    else work.set(pid, [tdur / 1_000]);
  }
  // A browser keeps a renderer in reserve: the page's is the one that worked most.
  const sum = (/** @type {number[]} */ list) => list.reduce((all, one) => all + one, 0);
  return [...work.values()].sort((a, b) => sum(b) - sum(a))[0] ?? [];
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
