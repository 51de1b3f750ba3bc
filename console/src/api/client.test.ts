import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { api, call, callForETag } from './client';
import { ApiError, isConflict, UnreachableError } from './problem';
import { session } from './session';

type Answer = () => Response | Promise<Response>;
let answers: Record<string, Answer[]>;
let asked: { path: string; body: string }[];

const json = (body: unknown, status = 200, headers = {}) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

beforeEach(() => {
  answers = {};
  asked = [];
  vi.stubGlobal('fetch', async (input: Request | string) => {
    const request = new Request(typeof input === 'string' ? new URL(input, location.origin) : input);
    const path = new URL(request.url).pathname;
    asked.push({ path, body: await request.clone().text() });
    const answer = answers[path]?.shift();
    if (!answer) throw new TypeError('no answer');
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

const actions = '/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}/actions';
const actionsPath = '/api/v1/clusters/c/namespaces/n/release-tasks/t/actions';
const post = () => call(api.POST(actions, { params: { path: { cluster: 'c', namespace: 'n', name: 't' } }, body: { type: 'Continue' } }));

describe('call', () => {
  test('throws the sentence of the hub with what is wrong where', async () => {
    answers[actionsPath] = [() => json({ title: 'Unprocessable Entity', detail: 'the step is over', errors: [{ location: 'body.type', message: 'no' }] }, 422)];
    const error = await post().catch((one: unknown) => one);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 422, message: 'the step is over', fields: [{ location: 'body.type', message: 'no' }] });
  });

  test('an answer that is no problem document still says something', async () => {
    answers[actionsPath] = [() => new Response('<html>', { status: 502, statusText: 'Bad Gateway' })];
    await expect(post()).rejects.toThrow('502 Bad Gateway');
  });

  test('no answer is told from a bad one', async () => {
    await expect(post()).rejects.toBeInstanceOf(UnreachableError);
  });

  test('hands the ETag on, and knows a conflict', async () => {
    answers['/api/v1/me'] = [() => json({ name: 'maria' }, 200, { ETag: '"7"' }), () => json({}, 412)];
    expect((await callForETag(api.GET('/api/v1/me'))).etag).toBe('"7"');
    expect(isConflict(await call(api.GET('/api/v1/me')).catch((one: unknown) => one))).toBe(true);
  });
});

describe('an expired session', () => {
  test('holds the request until the person has signed in, and sends it once more as it was', async () => {
    session.belongsTo('maria');
    answers[actionsPath] = [() => json({ detail: 'sign in' }, 401), () => json({ name: 'a1' }, 201)];
    const done = vi.fn();
    const waiting = post().then(done);
    await vi.waitFor(() => expect(session.hasEnded()).toBe(true));
    expect(done).not.toHaveBeenCalled();

    answers['/api/v1/me'] = [() => json({ name: 'maria' })];
    session.signedIn();
    await waiting;
    expect(done).toHaveBeenCalledWith({ name: 'a1' });
    expect(session.hasEnded()).toBe(false);
    expect(asked.filter((one) => one.path === actionsPath).map((one) => one.body)).toEqual(['{"type":"Continue"}', '{"type":"Continue"}']);
  });

  test('what one person began is not sent in the name of another', async () => {
    session.belongsTo('maria');
    answers[actionsPath] = [() => json({}, 401)];
    const waiting = post();
    const failed = expect(waiting).rejects.toThrow('Another user signed in');
    await vi.waitFor(() => expect(session.hasEnded()).toBe(true));
    answers['/api/v1/me'] = [() => json({ name: 'victor' })];
    session.signedIn();
    await failed;
    expect(asked.filter((one) => one.path === actionsPath)).toHaveLength(1);
  });

  test('a wrong password is an answer, no expired session', async () => {
    answers['/api/v1/auth/sign-in'] = [() => json({ detail: 'wrong' }, 401)];
    await expect(call(api.POST('/api/v1/auth/sign-in', { body: { name: 'a', password: 'b' } }))).rejects.toThrow('wrong');
  });
});
