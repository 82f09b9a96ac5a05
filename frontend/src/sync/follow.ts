import type { EntriesFrame, Entry, Position, Welcome } from '../api/wire.ts';

/** What to do next. snapshot: what is on the screen cannot be brought up to date by entries; load it again. */
export type Step =
  | { readonly do: 'nothing' }
  | { readonly do: 'apply'; readonly entries: readonly Entry[]; readonly position: Position }
  | { readonly do: 'reconnect' }
  | { readonly do: 'snapshot'; readonly position: Position };

/**
 * Decides how a range of entries continues what was seen.
 *
 * Pure, so that every order the network can produce is a row of follow.test.ts.
 * What was seen is skipped; a gap and another epoch are never guessed over.
 */
export function follow(seen: Position, frame: EntriesFrame): Step {
  // The epoch first: an offset of another epoch may look old and be new.
  if (frame.epoch !== seen.epoch) return { do: 'reconnect' };
  if (frame.upTo <= seen.offset) return { do: 'nothing' };
  if (frame.after > seen.offset) return { do: 'reconnect' };
  return {
    do: 'apply',
    entries: frame.entries.filter((entry) => entry.offset > seen.offset && entry.offset <= frame.upTo),
    position: { epoch: frame.epoch, offset: frame.upTo },
  };
}

/** Decides what a welcome means for what was seen; null is nothing seen. */
export function greet(seen: Position | null, welcome: Welcome): Step {
  if (welcome.mode === 'snapshot' || !seen) return { do: 'snapshot', position: welcome.position };
  if (welcome.position.epoch !== seen.epoch || welcome.position.offset > seen.offset)
    return { do: 'snapshot', position: welcome.position };
  return { do: 'nothing' };
}

/** Whether everything up to `target` has been seen. */
export function reached(seen: Position, target: Position): boolean {
  return seen.epoch === target.epoch && seen.offset >= target.offset;
}
