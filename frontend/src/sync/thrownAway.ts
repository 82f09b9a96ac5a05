import type { Entry } from '../api/wire.ts';
import type { LastHand } from './types.ts';

// As many are remembered: whoever looks at one of them has it before his eyes.
const remembered = 200;

/**
 * Who put into the trash what this person saw, by record id: what was known and
 * what the entries say. What comes back, or is only hidden, is not among them:
 * of that nobody is told who did it. The same map when nothing changed.
 */
export function thrownAway(known: ReadonlyMap<string, LastHand>, entries: readonly Entry[]): ReadonlyMap<string, LastHand> {
  let next: Map<string, LastHand> | undefined;
  for (const { by = '', at = '', command = '', ops } of entries) {
    for (const { op, id } of ops) {
      if (op !== 'delete' && !(next ?? known).has(id)) continue;
      next ??= new Map(known);
      next.delete(id);
      if (op === 'delete') next.set(id, { by, at: Date.parse(at), command });
    }
  }
  return next ? new Map([...next].slice(-remembered)) : known;
}
