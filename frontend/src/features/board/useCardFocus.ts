import { type RefObject, useCallback, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react';

// The list measures a card in the frame after it was drawn; a busy page takes some more.
const framesToMeasure = 10;

type Shown = ReadonlyMap<string, readonly { readonly id: string }[]>;

/**
 * Which card has the focus. A card that moves to another column is drawn anew
 * there; the focus goes with it, whoever moved it. Where a card leaves the board,
 * the one that takes its place gets the focus, or its column, by stage in `shown`.
 */
export function useCardFocus(
  board: RefObject<HTMLElement | null>,
  shown: Shown,
): {
  focusId: string;
  /** The card has the focus. */
  noticed(dealId: string): void;
  /** Give it the focus, as soon as it is drawn. */
  focusOn(dealId: string): void;
  /** The card that is to have the focus and is not drawn yet, or is being drawn anew; '' when there is none. */
  lostBy(): string;
} {
  const [focusId, setFocusId] = useState('');
  const wanted = useRef('');
  const focusOn = useCallback((dealId: string) => {
    wanted.current = dealId;
    setFocusId(dealId);
  }, []);
  const lostBy = useCallback(() => {
    if (board.current?.querySelector('[role="dialog"]')) return '';
    return wanted.current || (document.activeElement === document.body ? focusId : '');
  }, [board, focusId]);
  const place = useRef<Place>(undefined);
  useLayoutEffect(() => {
    const id = wanted.current || focusId;
    const now = placeIn(shown, id);
    const was = place.current;
    place.current = now ?? was;
    if (now || !was || !id || was.dealId !== id || lostBy() !== id) return;
    place.current = undefined;
    const there = shown.get(was.stageId) ?? [];
    const next = there[Math.min(was.row, there.length - 1)];
    focusOn(next?.id ?? '');
    if (!next) board.current?.querySelector<HTMLElement>(`[data-stage="${CSS.escape(was.stageId)}"]`)?.focus();
  });
  // After every drawing: the card may have come with this one or with a later one.
  useLayoutEffect(() => {
    let frame = 0;
    const give = (framesLeft: number) => {
      const lost = lostBy();
      if (!lost) return;
      const card = board.current?.querySelector<HTMLElement>(`[data-deal="${CSS.escape(lost)}"]`);
      card?.focus();
      if (card && document.activeElement === card) wanted.current = '';
      // A card far from what is in sight stays hidden, and takes no focus, until it is measured.
      else if (framesLeft > 0) frame = requestAnimationFrame(() => give(framesLeft - 1));
    };
    give(framesToMeasure);
    return () => cancelAnimationFrame(frame);
  });
  // Whoever presses beside the cards lets go of the one he had.
  useEffect(() => {
    const letGo = ({ target }: PointerEvent) => {
      if (!(target as Element).closest('[data-deal], [role="dialog"]')) setFocusId('');
    };
    document.addEventListener('pointerdown', letGo);
    return () => document.removeEventListener('pointerdown', letGo);
  }, []);
  return { focusId, noticed: setFocusId, focusOn, lostBy };
}

interface Place {
  readonly dealId: string;
  readonly stageId: string;
  readonly row: number;
}

function placeIn(shown: Shown, dealId: string): Place | undefined {
  if (!dealId) return undefined;
  for (const [stageId, deals] of shown) {
    const row = deals.findIndex(({ id }) => id === dealId);
    if (row >= 0) return { dealId, stageId, row };
  }
  return undefined;
}

/** Hears the keys that are pressed while the card they are for is being drawn: a held key loses no step. */
export function useLostKeys(lostBy: () => string, onKeyDown: (event: KeyboardEvent, dealId: string) => void): void {
  const hear = useEffectEvent((event: KeyboardEvent) => {
    const dealId = event.target === document.body ? lostBy() : '';
    if (dealId) onKeyDown(event, dealId);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => hear(event);
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, []);
}
