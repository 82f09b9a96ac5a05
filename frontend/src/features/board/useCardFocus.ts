import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

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
    const lost = wanted.current || (document.activeElement === document.body ? focusId : '');
    if (!lost || board.current?.querySelector('[role="dialog"]')) return;
    const card = board.current?.querySelector<HTMLElement>(`[data-deal="${CSS.escape(lost)}"]`);
    if (!card) return;
    wanted.current = '';
    if (document.activeElement !== card) card.focus();
  });
  return { focusId, noticed: setFocusId, focusOn };
}
