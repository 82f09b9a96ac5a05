import { combine } from '@atlaskit/pragmatic-drag-and-drop/combine';
import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { attachClosestEdge, extractClosestEdge } from '@atlaskit/pragmatic-drag-and-drop-hitbox/closest-edge';
import { type RefObject, useEffect, useRef, useState } from 'react';

const cardKind = 'deal-card';

/** What a dragged card says about itself. */
export function draggedCard(data: Record<string | symbol, unknown>): string | undefined {
  return data['kind'] === cardKind ? String(data['dealId']) : undefined;
}

/**
 * The value of the last drawing, for handlers of a drag: to register them anew
 * while the card is in the hand would let it fall.
 */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value);
  useEffect(() => {
    latest.current = value;
  }, [value]);
  return latest;
}

/**
 * Makes a card one that can be dragged with a mouse or a pen, and dropped on
 * unless its column is barred for the one in the hand. Returns the edge another
 * card would go to.
 */
export function useCardDrag(
  card: RefObject<HTMLElement | null>,
  dealId: string,
  stageId: string,
  enabled: boolean,
  barred: boolean,
): 'top' | 'bottom' | undefined {
  const [edge, setEdge] = useState<'top' | 'bottom'>();
  const isBarred = useLatest(barred);
  useEffect(() => {
    const element = card.current;
    if (!element || !enabled) return undefined;
    // A finger that scrolls must never pick a card up; it has the Move button.
    let touched = false;
    const onPointerDown = (event: PointerEvent) => {
      touched = event.pointerType === 'touch';
    };
    element.addEventListener('pointerdown', onPointerDown);
    const stop = combine(
      draggable({ element, canDrag: () => !touched, getInitialData: () => ({ kind: cardKind, dealId }) }),
      dropTargetForElements({
        element,
        canDrop: ({ source }) => draggedCard(source.data) !== undefined && source.data['dealId'] !== dealId && !isBarred.current,
        getData: ({ input }) =>
          attachClosestEdge({ cardId: dealId, stageId }, { element, input, allowedEdges: ['top', 'bottom'] }),
        onDrag: ({ self }) => {
          const closest = extractClosestEdge(self.data);
          setEdge(closest === 'top' || closest === 'bottom' ? closest : undefined);
        },
        onDragLeave: () => setEdge(undefined),
        onDrop: () => setEdge(undefined),
      }),
    );
    return () => {
      element.removeEventListener('pointerdown', onPointerDown);
      stop();
    };
  }, [card, dealId, stageId, enabled, isBarred]);
  return edge;
}
