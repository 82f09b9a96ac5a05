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

export interface Client {
  /** GET of a path under /api/v1. `atLeast`: the answer must not be older than this. */
  get<T>(path: string, atLeast?: Position): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  delete(path: string): Promise<void>;
}

const base = '/api/v1';
// The server lets go of a request after 30 s at most.
const patienceMs = 35_000;

/** Speaks with the server; every failure is an ApiError. */
export function createClient(fetcher: typeof fetch): Client {
  async function ask<T>(method: string, path: string, body?: unknown, atLeast?: Position): Promise<T> {
    const headers = new Headers({ Accept: 'application/json' });
    if (body !== undefined) headers.set('Content-Type', 'application/json');
    if (atLeast?.epoch) headers.set('Rapport-Position', `${atLeast.epoch}:${atLeast.offset}`);
    const request: RequestInit = {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(patienceMs),
    };
    if (body !== undefined) request.body = JSON.stringify(body);
    const answer = await fetcher(base + path, request).catch(() => {
      throw new ApiError(unreachable);
    });
    return read<T>(answer);
  }
  return {
    get: (path, atLeast) => ask('GET', path, undefined, atLeast),
    post: (path, body) => ask('POST', path, body),
    delete: (path) => ask('DELETE', path),
  };
}

async function read<T>(answer: Response): Promise<T> {
  hearServerTime(answer.headers.get('Date'));
  const text = await answer.text().catch(() => {
    throw new ApiError(unreachable);
  });
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
