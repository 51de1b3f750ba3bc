/**
 * The world of the end-to-end tests: a local cluster with Argo Rollouts, Istio, Prometheus and Workbench, some
 * applications that run in it, a hub from bin/workbench on this machine, and people with accounts. Everything is real
 * and all of it may be there already: what is there is used.
 *
 * It is about starting and ending things; what tests do in it is in given.ts.
 */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const root = path.resolve(import.meta.dirname, '../..');
export const cluster = process.env.WORKBENCH_E2E_CLUSTER ?? 'console-e2e';
/** What the hub calls the cluster. */
export const clusterName = 'demo';
export const namespace = 'shop';
/** The applications, each with a Deployment, a Service and a route. */
export const applications = ['checkout', 'cart', 'search', 'payments', 'catalog', 'refunds', 'mail', 'orders'];
/** Those with customers, and how many requests they make a second. */
const customers = { checkout: 40, orders: 20 };
/** A namespace in which nothing runs. */
const emptyNamespace = 'lab';
export const address = process.env.WORKBENCH_URL ?? 'http://127.0.0.1:18480';
const metricsAddress = address.replace(/:(\d+)$/, (_, port) => `:${Number(port) + 1}`);

export const people = {
  admin: { name: 'admin', password: '' },
  maria: { name: 'maria', displayName: 'Maria Lindt', password: 'maria keeps a long one' },
  victor: { name: 'victor', displayName: 'Victor Okafor', password: 'victor keeps a long one' },
  nora: { name: 'nora', displayName: 'Nora Fischer', password: 'nora keeps a long one' },
};
const members = ['maria', 'victor', 'nora'] as const;
export type Person = keyof typeof people;

const state = path.join(root, 'bin', `console-e2e-${cluster}`);
export const sessionOf = (person: Person) => path.join(state, `${person}.json`);
const pidFile = path.join(state, 'hub.pid');

/** Starts what isn't there. Takes minutes the first time, seconds after that. */
export async function startWorld() {
  mkdirSync(state, { recursive: true });
  await program('workbench-local', ['up', '--name', cluster], 900_000);
  await installWorkbench();
  await startApplications();
  await startHub();
  await makePeople();
}

/** Ends the hub and, unless KEEP is set, removes the cluster. */
export async function endWorld() {
  await stopHub();
  if (process.env.KEEP) return;
  await program('workbench-local', ['down', '--name', cluster], 300_000);
  rmSync(state, { recursive: true, force: true });
}

async function installWorkbench() {
  const binary = readFileSync(path.join(root, 'bin/workbench'));
  // Named by what is in it, so that a changed program replaces the running one.
  const tag = `dev-${createHash('sha256').update(binary).digest('hex').slice(0, 12)}`;
  const load = (ref: string, file: string, ...more: string[]) => program('workbench-local', ['load-image', '--name', cluster, '--ref', ref, '--binary', path.join('bin', file), ...more], 300_000);
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  await load(`docker.io/workbench-dev/workbench:${tag}`, 'workbench', ...(existsSync(certificates) ? ['--file', `${certificates}=${certificates}`] : []));
  await load('docker.io/workbench-demo/traffic:dev', 'traffic');
  for (const version of ['v1', 'v2', 'v3', 'v4']) await load(`docker.io/workbench-demo/app:${version}`, `app/${version}/app`);
  await program('helm', ['upgrade', '--install', 'workbench', 'charts/workbench', '--namespace', 'workbench-system', '--create-namespace', '--set', `image.tag=${tag}`, '--wait', '--timeout', '10m'], 660_000);
}

async function startApplications() {
  const shop = readFileSync(path.join(root, 'demo/manifests/shop.yaml'), 'utf8');
  for (const name of applications) {
    const existing = await kubectl('get', 'deployment', name, '-n', namespace, '--ignore-not-found', '-o', 'name');
    if (existing.trim() === '') await apply(shop.replaceAll('checkout', name).replace('replicas: 4', 'replicas: 2'));
  }
  const traffic = readFileSync(path.join(root, 'demo/manifests/traffic.yaml'), 'utf8');
  for (const [name, rate] of Object.entries(customers)) {
    await apply(traffic.replaceAll('name: traffic', `name: traffic-${name}`).replaceAll('app: traffic', `app: traffic-${name}`).replace('checkout.demo', `${name}.demo`).replace('--rps=100', `--rps=${rate}`));
  }
  await apply(`{apiVersion: v1, kind: Namespace, metadata: {name: ${emptyNamespace}}}`);
}

/** Starts the hub unless it answers. */
export async function startHub() {
  if (await ready()) return;
  const log = openSync(path.join(state, 'hub.log'), 'a');
  const port = new URL(address).host;
  const hub = spawn(
    path.join(root, 'bin/workbench'),
    ['server', `--bind-address=${port}`, `--metrics-bind-address=${new URL(metricsAddress).host}`, `--public-url=${address}`, '--namespace=workbench-system', `--own-cluster=${clusterName}`, '--shutdown-delay=0s', '--rate-per-address=1000', '--rate-per-address-burst=1000', '--rate-per-person=1000', '--rate-per-person-burst=1000'],
    { env: { ...process.env, KUBECONFIG: await kubeconfig() }, stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  hub.unref();
  writeFileSync(pidFile, String(hub.pid));
  await until('the hub is ready', ready, 120_000);
}

/** Ends the hub as a roll-out of it would. */
export async function stopHub() {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  rmSync(pidFile);
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    return;
  }
  await until('the hub has ended', async () => !isAlive(pid), 60_000);
}

async function ready(): Promise<boolean> {
  const answer = await fetch(`${metricsAddress}/readyz`).catch(() => null);
  return answer?.ok === true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function makePeople() {
  const secret = await kubectl('get', 'secret', 'workbench-initial-admin', '-n', 'workbench-system', '-o', 'jsonpath={.data.password}');
  people.admin.password = Buffer.from(secret, 'base64').toString();
  const admin = await signIn('admin');
  for (const person of members) await makeUnlessThere(admin, '/api/v1/accounts', people[person]);
  await makeUnlessThere(admin, '/api/v1/workspaces', {
    name: 'shop',
    displayName: 'Shop',
    namespaces: [{ cluster: clusterName, namespace }],
    members: [
      { kind: 'User', name: 'maria', role: 'Editor' },
      { kind: 'User', name: 'victor', role: 'Viewer' },
    ],
  });
  await makeUnlessThere(admin, '/api/v1/workspaces', {
    name: emptyNamespace,
    displayName: 'Lab',
    namespaces: [{ cluster: clusterName, namespace: emptyNamespace }],
    members: [{ kind: 'User', name: 'nora', role: 'Editor' }],
  });
  await connectPrometheus(admin);
  for (const person of members) await signIn(person);
}

async function connectPrometheus(admin: string) {
  const status = JSON.parse(await program('workbench-local', ['status', '--name', cluster, '-o', 'json'], 60_000)) as { prometheus: string };
  const url = `${address}/api/v1/clusters/${clusterName}`;
  const now = await fetch(url, { headers: { cookie: admin } });
  const etag = now.headers.get('ETag') ?? '';
  const answer = await fetch(url, {
    method: 'PUT',
    headers: { cookie: admin, 'content-type': 'application/json', 'If-Match': etag },
    body: JSON.stringify({ displayName: 'Demo', inCluster: true, prometheus: { address: `http://${status.prometheus}` } }),
  });
  if (!answer.ok) throw new Error(`the cluster's Prometheus could not be set: ${await answer.text()}`);
}

async function makeUnlessThere(cookie: string, path: string, body: object) {
  const answer = await fetch(address + path, { method: 'POST', headers: { cookie, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok && answer.status !== 409) throw new Error(`POST ${path}: ${await answer.text()}`);
}

/** Signs somebody in, keeps the session for browsers, and returns its cookie. */
export async function signIn(person: Person): Promise<string> {
  const { name, password } = people[person];
  const answer = await fetch(`${address}/api/v1/auth/sign-in`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, password }) });
  if (!answer.ok) throw new Error(`${name} can't sign in: ${await answer.text()}`);
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
  const domain = new URL(address).hostname;
  writeFileSync(
    sessionOf(person),
    JSON.stringify({
      cookies: cookies.map((cookie) => ({ name: cookie.slice(0, cookie.indexOf('=')), value: cookie.slice(cookie.indexOf('=') + 1), domain, path: '/', expires: -1, httpOnly: true, secure: false, sameSite: 'Lax' })),
      origins: [],
    }),
  );
  return cookies.join('; ');
}

export function cookieOf(person: Person): string {
  const { cookies } = JSON.parse(readFileSync(sessionOf(person), 'utf8')) as { cookies: { name: string; value: string }[] };
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

export async function kubectl(...args: string[]): Promise<string> {
  return program('workbench-local', ['kubectl', '--name', cluster, '--', ...args], 180_000);
}

async function apply(manifest: string) {
  const file = path.join(state, 'manifest.yaml');
  writeFileSync(file, manifest);
  await kubectl('apply', '-f', file);
}

let kubeconfigPath = '';
async function kubeconfig(): Promise<string> {
  kubeconfigPath ||= (await program('workbench-local', ['kubeconfig', '--name', cluster], 60_000)).trim();
  return kubeconfigPath;
}

async function program(name: string, args: string[], timeout: number): Promise<string> {
  const env = name === 'helm' ? { ...process.env, KUBECONFIG: await kubeconfig() } : process.env;
  try {
    const { stdout } = await run(path.join(root, 'bin', name), args, { cwd: root, timeout, maxBuffer: 64 << 20, env });
    return stdout;
  } catch (error) {
    throw new Error(`bin/${name} ${args.join(' ')} failed`, { cause: error });
  }
}

/** Waits until a condition holds; looks twice a second. */
export async function until(what: string, holds: () => Promise<boolean>, timeout = 120_000) {
  const end = Date.now() + timeout;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${timeout / 1_000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
