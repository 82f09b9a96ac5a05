// The server computes the order of a board from the neighbours a client names
// (afterId, beforeId). Until it answers, a card needs a place of its own.

const lowest = '0'.charCodeAt(0);
const beyond = 'z'.charCodeAt(0) + 1;

/**
 * A key that sorts after `above` and before `below` ('' is the end of the
 * column), by code unit. Never sent: only the place of a card until the server's is known.
 */
export function placeBetween(above: string, below: string): string {
  let key = '';
  for (let i = 0; ; i++) {
    const low = above.charCodeAt(i) || lowest;
    // Once a sign was smaller than its neighbour's, what follows may be anything.
    const bounded = below !== '' && below.startsWith(key);
    const high = bounded ? below.charCodeAt(i) || lowest : beyond;
    const middle = (low + high) >> 1;
    if (middle > low) return key + String.fromCharCode(middle);
    key += String.fromCharCode(low);
    // Two equal keys leave no room; the place behind the first is as good.
    if (key.length > above.length + below.length + 2) return `${above}V`;
  }
}
