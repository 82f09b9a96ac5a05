import { describe, expect, it } from 'vitest';
import { ApiError, createClient } from './client.ts';

/** A server that answers when it is let go, unless whoever asks has enough before. */
function slowServer(body: string | ReadableStream) {
  const asked: AbortSignal[] = [];
  let answer = () => {};
  const fetcher: typeof fetch = (_path, init) => {
    const signal = init?.signal as AbortSignal;
    asked.push(signal);
    return new Promise((resolve, reject) => {
      answer = () => resolve(new Response(body));
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };
  return { client: createClient(fetcher), asked, answer: () => answer() };
}

const problemOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof ApiError ? error.problem : error),
  );

describe('[L7] a request whose asker has ended it', () => {
  it('is cancelled on its way, and fails as superseded', async () => {
    const { client, asked } = slowServer('{}');
    const asking = new AbortController();
    const problem = problemOf(client.get('/records?q=no', undefined, asking.signal));
    expect(asked[0]?.aborted).toBe(false);
    asking.abort();
    expect(asked[0]?.aborted).toBe(true);
    expect(await problem).toMatchObject({ code: 'superseded', status: 499 });
  });

  it('is superseded also while its answer is being read', async () => {
    const asking = new AbortController();
    const body = new ReadableStream({
      pull: (stream) => {
        asking.abort();
        stream.error(asking.signal.reason);
      },
    });
    const { client, answer } = slowServer(body);
    const problem = problemOf(client.get('/records?q=no', undefined, asking.signal));
    answer();
    expect(await problem).toMatchObject({ code: 'superseded' });
  });

  it('leaves other requests alone', async () => {
    const { client, asked, answer } = slowServer('{"total":1}');
    const asking = new AbortController();
    const first = problemOf(client.get('/records?q=n', undefined, asking.signal));
    const second = client.get('/records?q=no');
    asking.abort();
    expect(asked.map(({ aborted }) => aborted)).toEqual([true, false]);
    answer();
    expect(await second).toEqual({ total: 1 });
    expect(await first).toMatchObject({ code: 'superseded' });
  });
});

it('what nobody answers is unreachable, and not superseded', async () => {
  const client = createClient(() => Promise.reject(new TypeError('network')));
  expect(await problemOf(client.get('/records', undefined, new AbortController().signal))).toMatchObject({
    code: 'unreachable',
    status: 0,
  });
});
