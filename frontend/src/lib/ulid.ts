import { serverNow } from './clock.ts';

// Crockford's alphabet: no I, L, O, U.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * A new ULID: 26 characters, sorted by the millisecond it was made in.
 *
 * Clients make the ids of commands and of what they create, so that a retry
 * makes nothing twice.
 */
export function newId(now: number = serverNow()): string {
  let time = '';
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = alphabet.charAt(rest % 32) + time;
  const random = crypto.getRandomValues(new Uint8Array(16));
  return time + Array.from(random, (byte) => alphabet.charAt(byte % 32)).join('');
}
