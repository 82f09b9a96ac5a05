import { combine } from '@atlaskit/pragmatic-drag-and-drop/combine';
import { draggable, dropTargetForElements, monitorForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { attachClosestEdge, extractClosestEdge } from '@atlaskit/pragmatic-drag-and-drop-hitbox/closest-edge';
import { type RefObject, useEffect, useRef, useState } from 'react';

const kind = 'pipeline-stage';

type Data = Record<string | symbol, unknown>;

const stageIn = (data: Data) => (data['kind'] === kind ? String(data['stageId']) : undefined);

/** Makes a stage one that can be dragged by its handle and dropped on. Returns the edge another one would go to. */
export function useStageDrag(
  card: RefObject<HTMLElement | null>,
  handle: RefObject<HTMLElement | null>,
  stageId: string,
): 'top' | 'bottom' | undefined {
  const [edge, setEdge] = useState<'top' | 'bottom'>();
  useEffect(() => {
    const element = card.current;
    const dragHandle = handle.current;
    if (!element || !dragHandle) return undefined;
    const data = { kind, stageId };
    return combine(
      draggable({ element, dragHandle, getInitialData: () => data }),
      dropTargetForElements({
        element,
        canDrop: ({ source }) => stageIn(source.data) !== undefined && stageIn(source.data) !== stageId,
        getData: ({ input }) => attachClosestEdge(data, { element, input, allowedEdges: ['top', 'bottom'] }),
        onDrag: ({ self }) => setEdge(edgeOf(self.data)),
        onDragLeave: () => setEdge(undefined),
        onDrop: () => setEdge(undefined),
      }),
    );
  }, [card, handle, stageId]);
  return edge;
}

/** Watches drags over the list; calls back with the place, from 0, that a dropped stage goes to. */
export function useStageSorting(list: RefObject<HTMLElement | null>, onPut: (stageId: string, place: number) => void): void {
  const latest = useRef(onPut);
  useEffect(() => {
    latest.current = onPut;
  });
  useEffect(
    () =>
      monitorForElements({
        canMonitor: ({ source }) => stageIn(source.data) !== undefined,
        onDrop: ({ source, location }) => {
          const dragged = stageIn(source.data);
          const target = location.current.dropTargets[0]?.data;
          const over = target && stageIn(target);
          if (!dragged || !over || !list.current) return;
          const ids = [...list.current.children].map((item) => (item as HTMLElement).dataset['stage']);
          const others = ids.filter((id) => id !== dragged);
          const at = others.indexOf(over);
          if (at >= 0) latest.current(dragged, edgeOf(target) === 'bottom' ? at + 1 : at);
        },
      }),
    [list],
  );
}

function edgeOf(data: Data): 'top' | 'bottom' | undefined {
  const edge = extractClosestEdge(data);
  return edge === 'top' || edge === 'bottom' ? edge : undefined;
}
