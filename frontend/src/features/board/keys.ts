/** Where a card is: the column and the place in it, both from 0. */
export interface Place {
  readonly column: number;
  readonly row: number;
}

/** Where the focus goes from a card; first and last are of its column. */
export type Direction = 'up' | 'down' | 'left' | 'right' | 'first' | 'last';

/** What a key asks the board to do. */
export type BoardAction =
  | { readonly do: 'focus'; readonly direction: Direction }
  | { readonly do: 'move'; readonly direction: 'up' | 'down' | 'left' | 'right' }
  | { readonly do: 'open' | 'sheet' | 'filter' | 'create' | 'won' | 'lost' };

/** The part of a KeyboardEvent that matters. */
export interface Keystroke {
  readonly code: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly isComposing: boolean;
}

const arrows: Readonly<Record<string, 'up' | 'down' | 'left' | 'right'>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

const plain: Readonly<Record<string, BoardAction>> = {
  Enter: { do: 'open' },
  NumpadEnter: { do: 'open' },
  Home: { do: 'focus', direction: 'first' },
  End: { do: 'focus', direction: 'last' },
  KeyV: { do: 'sheet' },
  KeyC: { do: 'create' },
  KeyW: { do: 'won' },
  KeyX: { do: 'lost' },
  Slash: { do: 'filter' },
};

/**
 * What a keystroke on the board means. Keys go by their place (event.code), so
 * that they are the same under a Cyrillic layout; half-composed words are left alone.
 */
export function boardAction(key: Keystroke): BoardAction | undefined {
  if (key.isComposing || key.ctrlKey || key.metaKey) return undefined;
  const direction = arrows[key.code];
  if (direction) return { do: key.altKey ? 'move' : 'focus', direction };
  return key.altKey || key.shiftKey ? undefined : plain[key.code];
}

/**
 * The place an arrow leads to, over columns of the given lengths. Sideways it
 * skips empty columns and stays at the height it had; at an edge it stays.
 */
export function neighbour(from: Place, direction: Direction, lengths: readonly number[]): Place {
  const length = lengths[from.column] ?? 0;
  switch (direction) {
    case 'up':
      return { ...from, row: Math.max(0, from.row - 1) };
    case 'down':
      return { ...from, row: Math.max(0, Math.min(length - 1, from.row + 1)) };
    case 'first':
      return { ...from, row: 0 };
    case 'last':
      return { ...from, row: Math.max(0, length - 1) };
    case 'left':
    case 'right': {
      const step = direction === 'left' ? -1 : 1;
      for (let column = from.column + step; column >= 0 && column < lengths.length; column += step) {
        const there = lengths[column] ?? 0;
        if (there > 0) return { column, row: Math.min(from.row, there - 1) };
      }
      return from;
    }
  }
}

/** Where Alt+arrow puts a card: another place in its column, or the same height of the next column. undefined at an edge. */
export function moveTarget(
  from: Place,
  direction: 'up' | 'down' | 'left' | 'right',
  lengths: readonly number[],
): Place | undefined {
  if (direction === 'up') return from.row > 0 ? { ...from, row: from.row - 1 } : undefined;
  if (direction === 'down') return from.row < (lengths[from.column] ?? 0) - 1 ? { ...from, row: from.row + 1 } : undefined;
  const column = from.column + (direction === 'left' ? -1 : 1);
  const there = lengths[column];
  return there === undefined ? undefined : { column, row: Math.min(from.row, there) };
}
