import { ApiError } from '../../api/hooks.ts';
import type { Import, Problem } from '../../api/wire.ts';

/** The server takes files up to this size. */
export const maxFileBytes = 25 * 1024 * 1024;

const unreachable: Problem = {
  type: 'about:blank',
  title: 'No connection',
  status: 0,
  code: 'unreachable',
  reason: 'unreachable',
};

/** Sends a file as it is; the server finds out what is in it. Failures are ApiErrors. */
export async function uploadFile(file: File): Promise<Import> {
  if (file.size > maxFileBytes)
    throw new ApiError({ ...unreachable, title: 'Too large', status: 413, code: 'too_large', reason: 'too_large' });
  const request: RequestInit = {
    method: 'POST',
    // The browser's own type for a CSV depends on what is installed.
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/octet-stream',
      'X-File-Name': encodeURIComponent(file.name),
    },
    credentials: 'same-origin',
    body: file,
  };
  const answer = await fetch('/api/v1/imports', request).catch(() => {
    throw new ApiError(unreachable);
  });
  const text = await answer.text().catch(() => {
    throw new ApiError(unreachable);
  });
  if (answer.ok) return JSON.parse(text) as Import;
  // A proxy in between may answer with a page of its own.
  const ours = answer.headers.get('Content-Type')?.startsWith('application/problem+json');
  throw new ApiError(ours ? (JSON.parse(text) as Problem) : { ...unreachable, title: answer.statusText, status: answer.status });
}
