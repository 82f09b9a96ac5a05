import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

// The list measures a card in the frame after it was drawn; a busy page takes some more.
const framesToMeasure = 10;

/**
 * Which card has the focus. A card that moves to another column is drawn anew
 * there; the focus goes with it, whoever moved it.
 */
export function useCardFocus(board: RefObject<HTMLElement | null>): {
  focusId: string;
  /** The card has the focus. */
  noticed(dealId: string): void;
  /** Give it the focus, as soon as it is drawn. */
  focusOn(dealId: string): void;
} {
  const [focusId, setFocusId] = useState('');
  const wanted = useRef('');
  const focusOn = useCallback((dealId: string) => {
    wanted.current = dealId;
    setFocusId(dealId);
  }, []);
  // After every drawing: the card may have come with this one or with a later one.
  useEffect(() => {
    let frame = 0;
    const give = (framesLeft: number) => {
      const lost = wanted.current || (document.activeElement === document.body ? focusId : '');
      if (!lost || board.current?.querySelector('[role="dialog"]')) return;
      const card = board.current?.querySelector<HTMLElement>(`[data-deal="${CSS.escape(lost)}"]`);
      card?.focus();
      if (card && document.activeElement === card) wanted.current = '';
      // A card far from what is in sight stays hidden, and takes no focus, until it is measured.
      else if (framesLeft > 0) frame = requestAnimationFrame(() => give(framesLeft - 1));
    };
    give(framesToMeasure);
    return () => cancelAnimationFrame(frame);
  });
  return { focusId, noticed: setFocusId, focusOn };
}
