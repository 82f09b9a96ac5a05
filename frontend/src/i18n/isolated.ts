import type { IntlShape } from 'react-intl';

/** What writes from right to left or tells the writing to turn: Hebrew, Arabic and their neighbours, marks, overrides, isolates. */
const turning =
  /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** First strong isolate and pop directional isolate: what a bdi element is in plain text (Unicode UAX 9, section 2.4). */
const [begin, end] = ['\u2068', '\u2069'];
const isolates = /[\u2066-\u2069]/g;

/**
 * Words of a person, for the middle of a sentence of ours: whatever direction
 * they are written in, and whatever marks are in them, the sentence keeps its own.
 */
export function isolate(words: string): string {
  if (!turning.test(words)) return words;
  return `${begin}${paired(words)}${end}`;
}

/** Words whose isolates all end within them: a sentence of ours that has become a value keeps those it was made with. */
function paired(words: string): string {
  let open = 0;
  const kept = words.replaceAll(isolates, (mark) => {
    if (mark !== end) open++;
    else if (open === 0) return '';
    else open--;
    return mark;
  });
  return kept + end.repeat(open);
}

/** The same messages with each text that is put into them isolated. */
export function isolating(intl: IntlShape): IntlShape {
  const format = intl.formatMessage as (...args: unknown[]) => unknown;
  const formatMessage = (descriptor: unknown, values?: Record<string, unknown>, options?: unknown) =>
    format(descriptor, values && isolateAll(values), options);
  return { ...intl, formatMessage: formatMessage as IntlShape['formatMessage'] };
}

/** Nearly no text turns anything, and a board asks for thousands of messages: then the values stay as they are. */
function isolateAll(values: Record<string, unknown>): Record<string, unknown> {
  let all = values;
  for (const name in values) {
    const value = values[name];
    if (typeof value === 'string' && turning.test(value)) all = { ...all, [name]: isolate(value) };
  }
  return all;
}
