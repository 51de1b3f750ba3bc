import { test as base, expect, type Page } from '@playwright/test';
import axe from 'axe-core';
import path from 'node:path';
import type { components } from '../src/api/schema.gen';
import { address, clusterName, cookieOf, namespace, root, sessionOf, until, type Person } from './world';

type Schemas = components['schemas'];
type Detail = Schemas['TaskDetail'];
export type Language = 'en' | 'zh';

/** Pages of people who are signed in. */
export const test = base.extend<{ pageOf: (person: Person, options?: { language?: Language; width?: number; dark?: boolean }) => Promise<Page> }>({
  pageOf: async ({ browser, baseURL }, use) => {
    const open: { close: () => Promise<void> }[] = [];
    await use(async (person, { language = 'en', width = 1280, dark = false } = {}) => {
      const context = await browser.newContext({
        baseURL,
        storageState: sessionOf(person),
        viewport: { width, height: width < 500 ? 844 : 800 },
        colorScheme: dark ? 'dark' : 'light',
        locale: language === 'zh' ? 'zh-CN' : 'en-US',
        reducedMotion: 'reduce',
      });
      open.push(context);
      await context.addInitScript((chosen) => localStorage.getItem('workbench.language') ?? localStorage.setItem('workbench.language', chosen), language);
      const page = await context.newPage();
      watch(page);
      return page;
    });
    for (const context of open) await context.close();
  },
});

/** A page of the console never breaks its Content-Security-Policy and never throws. */
export function watch(page: Page) {
  const mistakes: string[] = [];
  page.on('pageerror', (error) => mistakes.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) mistakes.push(message.text());
  });
  page.on('close', () => expect(mistakes).toEqual([]));
}

export { expect };

const tasks = `/api/v1/clusters/${clusterName}/namespaces/${namespace}/release-tasks`;

export async function request(person: Person, method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(address + path, { method, headers: { cookie: cookieOf(person), ...(body && { 'content-type': 'application/json' }), ...headers }, body: body && JSON.stringify(body) });
}

export async function taskOf(name: string): Promise<Detail | null> {
  const answer = await request('maria', 'GET', `${tasks}/${name}`);
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Detail;
}

export async function untilTask(name: string, what: string, holds: (task: Detail) => boolean, timeout = 240_000): Promise<void> {
  await until(`${name}: ${what}`, async () => {
    const task = await taskOf(name);
    return task !== null && holds(task);
  }, timeout);
}

interface Wanted {
  steps: Schemas['Step'][];
  analysis?: Schemas['Analysis'];
}

/** A healthy task for an application, made anew when it has other steps. */
export async function givenTask(name: string, { steps, analysis }: Wanted) {
  if (!(await taskOf(name))) {
    const spec = { workloadRef: { name }, strategy: { canary: { traffic: { istio: {} }, steps } }, ...(analysis && { analysis }) };
    const answer = await request('maria', 'POST', tasks, { name, spec });
    if (!answer.ok) throw new Error(await answer.text());
  }
  const now = await taskOf(name);
  if (now?.release) await act(name, { type: 'Release' });
  await untilTask(name, 'it is healthy', (task) => task.phase === 'Healthy' || task.phase === 'Terminated' || task.phase === 'Failed');
}

/** Asks for an action by the API, as another tool would. */
export async function act(name: string, action: Schemas['ActionRequest']) {
  const answer = await request('maria', 'POST', `${tasks}/${name}/actions`, action, { 'Idempotency-Key': `${name}-${Date.now()}` });
  if (!answer.ok) throw new Error(await answer.text());
}

export const image = (version: string) => `docker.io/workbench-demo/app:${version}`;

/** Begins a release of another version than the stable one and returns it. */
export async function givenRelease(name: string): Promise<string> {
  const task = await taskOf(name);
  const version = task?.stable?.display === 'v1' ? 'v2' : 'v1';
  await act(name, { type: 'UpdateVersion', updateVersion: { containers: [{ name: 'app', image: image(version) }] } });
  return version;
}

/** No finding of axe that keeps people out, and nothing to scroll sideways. */
export async function expectAccessible(page: Page) {
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
