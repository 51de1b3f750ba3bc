import createClient from 'openapi-fetch';
import { problemOf, UnreachableError } from './problem';
import type { paths } from './schema.gen';
import { session } from './session';

/**
 * The hub's API, typed by its OpenAPI document. Use it through `call`, which turns problems into exceptions:
 *
 *     const task = await call(api.GET('/api/v1/...', { params: { path: {...} }, signal }));
 */
export const api = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: sessionFetch,
  querySerializer: { array: { style: 'form', explode: false } },
});

async function sessionFetch(request: Request): Promise<Response> {
  // A request can be sent once; the copy is for after the sign-in.
  const again = request.clone();
  const response = await reach(request);
  if (response.status !== 401 || new URL(request.url).pathname.startsWith('/api/v1/auth/')) return response;
  await session.wait(request.signal);
  return reach(again);
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new UnreachableError('the hub gave no answer', { cause: error });
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of an answer; throws ApiError or UnreachableError. */
export async function call<T>(answer: Promise<Answer<T>>): Promise<T> {
  return (await callForETag(answer)).data;
}

/** The body and the ETag of an answer. Give the ETag back as If-Match, and a change by somebody else is not overwritten. */
export async function callForETag<T>(answer: Promise<Answer<T>>): Promise<{ data: T; etag: string }> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response, error);
  return { data: data as T, etag: response.headers.get('ETag') ?? '' };
}
