// A device's clock may be wrong by days. What is shown of time, and what is new,
// goes by the server's clock, as far as it has been heard.

// Messages come late, never early: only a clock that was set makes this much of a difference.
const setMs = 60_000;

let ahead: number | undefined;

/** Milliseconds since 1970 by the server's clock; by this device's until the server has been heard. */
export function serverNow(): number {
  return Date.now() + (ahead ?? 0);
}

/** Takes in what the server said the time was, as RFC 3339 or as HTTP writes dates; anything else is no time. */
export function hearServerTime(said: string | null): void {
  const found = Date.parse(said ?? '') - Date.now();
  if (Number.isNaN(found)) return;
  // Of two messages the one that was on its way for less time is nearer to the truth.
  if (ahead === undefined || found > ahead || found < ahead - setMs) ahead = found;
}

/** Forgets what was heard; for tests. */
export function forgetServerTime(): void {
  ahead = undefined;
}
