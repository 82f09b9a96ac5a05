import { sameJson } from '../../lib/equal.ts';

/** A place that two people changed differently: what the other one saved is `theirs`. */
export interface Clash {
  readonly path: string;
  readonly theirs: unknown;
}

/** A draft: what the person began with, and what he has written. */
export interface Sides<V> {
  readonly base: V;
  readonly mine: V;
}

/** Two versions joined place by place; in a clash `values` has the own value. */
export interface Merged<V> {
  readonly values: V;
  readonly clashes: readonly Clash[];
}

/** How drafts of one kind of thing are joined with what others save meanwhile. */
export interface Merging<V> {
  merge(sides: Sides<V>, theirs: V): Merged<V>;
  /** The values with what `other` has at the place of a clash. */
  copy(values: V, other: V, path: string): V;
}

/**
 * One value of three: what only one side changed counts; where both did, the own
 * value stays on the screen and the place is added to the clashes, to be decided
 * by the person.
 */
export function threeWay<T>(clashes: Clash[], path: string, base: T, mine: T, theirs: T): T {
  if (sameJson(mine, base)) return theirs;
  if (!sameJson(theirs, base) && !sameJson(theirs, mine)) clashes.push({ path, theirs });
  return mine;
}

/** Decides a clash: after it, the place is no longer one that both changed. */
export function decide<V>(
  { copy }: Merging<V>,
  { base, mine }: Sides<V>,
  theirs: V,
  path: string,
  keep: 'mine' | 'theirs',
): Sides<V> {
  return { base: copy(base, theirs, path), mine: keep === 'theirs' ? copy(mine, theirs, path) : mine };
}

/** The draft as if it had been begun on what others have saved since; what clashes goes on clashing. */
export function rebase<V>({ merge, copy }: Merging<V>, sides: Sides<V>, theirs: V): Sides<V> {
  const { values, clashes } = merge(sides, theirs);
  return { base: clashes.reduce((base, { path }) => copy(base, sides.base, path), theirs), mine: values };
}
