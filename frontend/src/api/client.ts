import { hearServerTime } from '../lib/clock.ts';
import type { Position, Problem } from './wire.ts';

/** An answer that is not what was asked for. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

/** Nobody answered: no network, or a server that is down. The outcome of a command is then unknown. */
export const unreachable: Problem = {
  type: 'about:blank',
  title: 'No connection',
  status: 0,
  code: 'unreachable',
  reason: 'unreachable',
};

/**
 * Whoever asked has ended the request: something newer took its place. As an
 * answer 4xx it is final: nothing asks again by itself.
 */
export const superseded: Problem = {
  type: 'about:blank',
  title: 'Superseded',
  status: 499,
  code: 'superseded',
  reason: 'superseded',
};

/** Requests to paths under /api/v1. What is not answered within 35 s is unreachable. */
export interface Client {
  /** `atLeast`: the answer must not be older than this. `signal`: ends the request as superseded. */
  get<T>(path: string, atLeast?: Position, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  delete(path: string): Promise<void>;
}

/** A client whose answers are never older than what the screen shows. */
export interface Api extends Omit<Client, 'get'> {
  /** `signal`: ends the request as superseded. */
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
}

interface Request {
  readonly body?: unknown;
  readonly atLeast?: Position | undefined;
  readonly signal?: AbortSignal | undefined;
}

const base = '/api/v1';
// The server lets go of a request after 30 s at most.
const patienceMs = 35_000;

/** Speaks with the server; every failure is an ApiError. */
export function createClient(fetcher: typeof fetch): Client {
  async function ask<T>(method: string, path: string, { body, atLeast, signal }: Request = {}): Promise<T> {
    const headers = new Headers({ Accept: 'application/json' });
    if (body !== undefined) headers.set('Content-Type', 'application/json');
    if (atLeast?.epoch) headers.set('Rapport-Position', `${atLeast.epoch}:${atLeast.offset}`);
    const request: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store', signal: patience(signal) };
    if (body !== undefined) request.body = JSON.stringify(body);
    const unanswered = () => {
      throw new ApiError(signal?.aborted ? superseded : unreachable);
    };
    const answer = await fetcher(base + path, request).catch(unanswered);
    return read<T>(answer, await answer.text().catch(unanswered));
  }
  return {
    get: (path, atLeast, signal) => ask('GET', path, { atLeast, signal }),
    post: (path, body) => ask('POST', path, { body }),
    delete: (path) => ask('DELETE', path),
  };
}

/** Ends when patience does, or earlier with the signal of whoever asks. */
function patience(signal: AbortSignal | undefined): AbortSignal {
  const late = AbortSignal.timeout(patienceMs);
  return signal ? AbortSignal.any([signal, late]) : late;
}

function read<T>(answer: Response, text: string): T {
  hearServerTime(answer.headers.get('Date'));
  if (answer.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
  throw new ApiError(problemIn(answer, text));
}

/** A proxy in between may answer with a page of its own. */
function problemIn(answer: Response, text: string): Problem {
  if (answer.headers.get('Content-Type')?.startsWith('application/problem+json')) return JSON.parse(text) as Problem;
  return { ...unreachable, title: answer.statusText, status: answer.status };
}

/** The problem behind a failed call; faults of our own are thrown on. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  throw error;
}
