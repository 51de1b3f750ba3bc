// @ts-check
import { chromium } from '@playwright/test';
import { json } from 'node:stream/consumers';
import { measureCalls } from './calls.mjs';
import { measureFrames } from './frames.mjs';
import { measureLoads } from './loads.mjs';

/**
 * @typedef {object} Common
 * @property {string} browser path of Chromium
 * @property {string} address of the page, without a path
 * @property {{name: string, value: string}[]} cookies of the person's session
 * @property {Record<string, string>} stored what the page finds in its local storage
 */

const wanted = /** @type {Common & Record<string, any>} */ (await json(process.stdin));
/** @type {Record<string, (browser: import('@playwright/test').Browser, wanted: any) => Promise<object>>} */
const measurements = { loads: measureLoads, frames: measureFrames, calls: measureCalls };
const measurement = measurements[wanted.what];
if (!measurement) throw new Error(`there is no measurement ${wanted.what}`);

// Chromium can't make a sandbox as root.
const browser = await chromium.launch({ executablePath: wanted.browser, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
try {
  const seen = await measurement(browser, wanted);
  process.stdout.write(JSON.stringify({ version: browser.version(), ...seen }));
} finally {
  await browser.close();
}
