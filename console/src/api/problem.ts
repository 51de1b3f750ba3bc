/** One thing that is wrong with a request, and where: `body.spec.steps[1].weight`. */
export interface FieldProblem {
  location: string;
  message: string;
}

/** What the hub answered instead of what was asked (RFC 9457, application/problem+json). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    /** A sentence for people: what is wrong, where, what to do. */
    message: string,
    readonly fields: readonly FieldProblem[] = [],
  ) {
    super(message);
  }
}

/** The hub gave no answer at all. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** True when somebody else changed the thing since it was read: read it again before writing. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 409 || error.status === 412);
}

export function problemOf(response: Response, body: unknown): ApiError {
  const problem = isObject(body) ? body : {};
  const fields = Array.isArray(problem.errors) ? problem.errors.filter(isObject).map(fieldOf) : [];
  const sentence = text(problem.detail) || text(problem.title) || `${response.status} ${response.statusText}`.trim();
  return new ApiError(response.status, sentence, fields);
}

function fieldOf(error: Record<string, unknown>): FieldProblem {
  return { location: text(error.location), message: text(error.message) };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
