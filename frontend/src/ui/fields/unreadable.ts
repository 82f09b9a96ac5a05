/**
 * What an input gives for a text that it cannot read: the text stays in the
 * draft and the input says what is wrong, but no form may save it.
 */
export interface Unreadable {
  readonly unreadable: string;
  /** The currency an amount was begun in. */
  readonly currency?: string;
}

/** Whether a value is a text that its input could not read. */
export function isUnreadable(value: unknown): value is Unreadable {
  return typeof value === 'object' && value !== null && 'unreadable' in value && typeof value.unreadable === 'string';
}
