import { test as base, expect, type Page } from '@playwright/test';
import axe from 'axe-core';
import path from 'node:path';
import { taskPath } from '../src/components/release/paths';
import type { components } from '../src/api/schema.gen';
import { address, clusterName, cookieOf, namespace, root, sessionOf, until, type Person } from './world';

type Schemas = components['schemas'];
type Detail = Schemas['TaskDetail'];
export type Language = 'en' | 'zh';
export interface Look {
  language?: Language;
  width?: number;
  dark?: boolean;
}

/** Pages of people who are signed in, or of somebody who isn't. */
export const test = base.extend<{ pageOf: (person: Person | null, look?: Look) => Promise<Page> }>({
  pageOf: async ({ browser, baseURL }, use) => {
    const open: { close: () => Promise<void> }[] = [];
    const mistakes: string[] = [];
    await use(async (person, { language = 'en', width = 1280, dark = false } = {}) => {
      const context = await browser.newContext({
        baseURL,
        storageState: person ? sessionOf(person) : undefined,
        viewport: { width, height: width < 500 ? 844 : 800 },
        colorScheme: dark ? 'dark' : 'light',
        locale: language === 'zh' ? 'zh-CN' : 'en-US',
        reducedMotion: 'reduce',
      });
      open.push(context);
      await context.addInitScript((chosen) => localStorage.getItem('workbench.language') ?? localStorage.setItem('workbench.language', chosen), language);
      const page = await context.newPage();
      watch(page, mistakes);
      return page;
    });
    for (const context of open) await context.close();
    expect(mistakes).toEqual([]);
  },
});

// A page of the console never breaks its Content-Security-Policy and never throws.
function watch(page: Page, mistakes: string[]) {
  page.on('pageerror', (error) => mistakes.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) mistakes.push(message.text());
  });
}

export { expect };

const tasks = `/api/v1/clusters/${clusterName}/namespaces/${namespace}/release-tasks`;

/** Where the details of a task are. */
export const pathOf = (name: string) => taskPath({ cluster: clusterName, namespace, name });

export async function request(person: Person, method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(address + path, { method, headers: { cookie: cookieOf(person), ...(body && { 'content-type': 'application/json' }), ...headers }, body: body && JSON.stringify(body) });
}

async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

export async function taskOf(name: string): Promise<Detail | null> {
  const answer = await request('maria', 'GET', `${tasks}/${name}`);
  return answer.status === 404 ? null : read<Detail>(answer);
}

export async function untilTask(name: string, what: string, holds: (task: Detail) => boolean, timeout = 240_000): Promise<Detail> {
  let seen: Detail | null = null;
  await until(
    `${name}: ${what}`,
    async () => {
      seen = await taskOf(name);
      return seen !== null && holds(seen);
    },
    timeout,
  );
  return seen as unknown as Detail;
}

interface Rules {
  steps: Schemas['Step'][];
  analysis?: Schemas['Analysis'];
}

/** Releases that a person takes through two steps. */
const byHand: Rules = { steps: [{ weight: 20 }, { weight: 60 }] };

/** Releases that are judged by what customers get. */
const judged: Rules = {
  steps: [{ weight: 10, wait: '5m' }, { weight: 50, wait: '5m' }],
  analysis: {
    interval: '10s',
    metrics: [
      { name: 'success-rate', predefined: { type: 'SuccessRate' }, limit: '99%' },
      { name: 'latency', predefined: { type: 'Latency', quantile: 'p99' } },
    ],
  },
};

/** The applications that have a task, and its rules. */
const rulesOf: Readonly<Record<string, Rules>> = { checkout: judged, cart: byHand, search: byHand, payments: byHand, catalog: byHand, refunds: byHand, mail: byHand };

async function createTask(name: string) {
  const { steps, analysis } = rulesOf[name] ?? byHand;
  const spec = { workloadRef: { name }, strategy: { canary: { traffic: { istio: {} }, steps } }, ...(analysis && { analysis }) };
  const answer = await request('maria', 'POST', tasks, { name, spec });
  if (answer.status !== 409) await read(answer);
}

/** Begins all take-overs at once: together they take hardly longer than one. */
export async function createTasks() {
  await Promise.all(Object.keys(rulesOf).map(createTask));
}

/** The task of an application, between releases. */
export async function givenTask(name: string): Promise<Detail> {
  const now = await taskOf(name);
  if (!now) await createTask(name);
  if (now?.release) await act(name, { type: 'Release' });
  return untilTask(name, 'no release runs', (task) => ['Healthy', 'Terminated', 'Failed'].includes(task.phase));
}

/** Asks for an action by the API, as another tool would, and waits until it is done. */
export async function act(name: string, action: Schemas['ActionRequest']) {
  let now = await read<Schemas['Action']>(await request('maria', 'POST', `${tasks}/${name}/actions`, action, { 'Idempotency-Key': `${name}-${Date.now()}` }));
  await until(`${action.type} of ${name} is over`, async () => {
    now = await read(await request('maria', 'GET', `${tasks}/${name}/actions/${now.name}`));
    return ['Succeeded', 'Refused', 'Failed'].includes(now.state);
  });
  if (now.state !== 'Succeeded') throw new Error(`${action.type} of ${name}: ${now.message}`);
}

export const image = (version: string) => `docker.io/workbench-demo/app:${version}`;

/** Begins a release of a version. */
export async function beginRelease(name: string, version: string) {
  const task = await taskOf(name);
  // A version that went back is the Deployment's still: it can't be set again, only tried again.
  if (task?.canary?.display === version) await act(name, { type: 'Retry' });
  else await act(name, { type: 'UpdateVersion', updateVersion: { containers: [{ name: 'app', image: image(version) }] } });
}

/** A release that waits for a person in its first step; returns the version on its way and the one that serves. */
export async function givenWaiting(name: string): Promise<{ version: string; stable: string }> {
  const isWaiting = (task: Detail | null) => task?.phase === 'Waiting' && task.step?.number === 1;
  if (!isWaiting(await taskOf(name))) {
    const { stable } = await givenTask(name);
    await beginRelease(name, stable?.display === 'v1' ? 'v2' : 'v1');
  }
  const { canary, stable } = await untilTask(name, 'it waits in step 1', isWaiting);
  return { version: canary?.display ?? '', stable: stable?.display ?? '' };
}

/** Nothing is on its way any more. */
export async function settled(page: Page) {
  await expect(page.locator('.ant-skeleton, .ant-spin-spinning, [aria-busy=true]')).toHaveCount(0);
}

/** No finding of axe that keeps people out, and nothing to scroll sideways. */
export async function expectAccessible(page: Page) {
  await settled(page);
  // The page's policy forbids eval to the page; this is evaluated by the browser's debugger.
  await page.evaluate(axe.source);
  const findings = await page.evaluate(async () => {
    const result = await (window as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ['violations'] });
    return result.violations
      .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
      .map((violation) => `${violation.id}: ${violation.nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join(' | ')}`);
  });
  expect(findings).toEqual([]);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(sideways, 'pixels to scroll sideways').toBeLessThanOrEqual(0);
}

/** Keeps a picture in docs/images when SCREENSHOTS is set. */
export async function keepPicture(page: Page, name: string) {
  if (!process.env.SCREENSHOTS) return;
  await page.mouse.move(0, 0);
  await page.screenshot({ path: path.join(root, 'docs/images', `${name}.png`), animations: 'disabled' });
}

/** The end of a picture's name: language, width and theme. */
export const lookName = ({ language, width, dark }: Required<Look>) => `${language}-${width}${dark ? '-dark' : ''}`;
