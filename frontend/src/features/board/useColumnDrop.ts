import { combine } from '@atlaskit/pragmatic-drag-and-drop/combine';
import { dropTargetForElements, monitorForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { autoScrollForElements } from '@atlaskit/pragmatic-drag-and-drop-auto-scroll/element';
import { extractClosestEdge } from '@atlaskit/pragmatic-drag-and-drop-hitbox/closest-edge';
import { type RefObject, useEffect, useState } from 'react';
import type { Over } from './moves.ts';
import { draggedCard, useLatest } from './useCardDrag.ts';

/** Lets cards be dropped on a column unless it is barred for the one in the hand; returns whether one is over it now. */
export function useColumnDrop(
  column: RefObject<HTMLElement | null>,
  list: RefObject<HTMLElement | null>,
  stageId: string,
  barred: boolean,
): boolean {
  const [over, setOver] = useState(false);
  const isBarred = useLatest(barred);
  useEffect(() => {
    if (!column.current || !list.current) return undefined;
    return combine(
      dropTargetForElements({
        element: column.current,
        canDrop: ({ source }) => draggedCard(source.data) !== undefined && !isBarred.current,
        getData: () => ({ stageId }),
        onDragEnter: () => setOver(true),
        onDragLeave: () => setOver(false),
        onDrop: () => setOver(false),
      }),
      autoScrollForElements({ element: list.current }),
    );
  }, [column, list, stageId, isBarred]);
  return over && !barred;
}

/** Watches drags over the whole board; returns the id of the card in the hand. */
export function useBoardDrag(board: RefObject<HTMLElement | null>, onDrop: (dealId: string, over: Over) => void): string {
  const [held, setHeld] = useState('');
  useEffect(() => {
    if (!board.current) return undefined;
    return combine(
      monitorForElements({
        canMonitor: ({ source }) => draggedCard(source.data) !== undefined,
        onDragStart: ({ source }) => setHeld(draggedCard(source.data) ?? ''),
        onDrop: ({ source, location }) => {
          setHeld('');
          const [innermost] = location.current.dropTargets;
          const dealId = draggedCard(source.data);
          if (dealId && innermost) onDrop(dealId, overOf(innermost.data));
        },
      }),
      autoScrollForElements({ element: board.current }),
    );
  }, [board, onDrop]);
  return held;
}

function overOf(data: Record<string | symbol, unknown>): Over {
  const edge = extractClosestEdge(data);
  return {
    stageId: String(data['stageId']),
    ...(typeof data['cardId'] === 'string' && { cardId: data['cardId'] }),
    ...((edge === 'top' || edge === 'bottom') && { edge }),
  };
}
