import type { RefObject } from 'react';
import { isTyping } from '../../ui/index.ts';
import { boardAction, type Direction, moveTarget, neighbour } from './keys.ts';
import { placeOf, placeTarget, type Target } from './moves.ts';
import type { BoardModel } from './useBoard.ts';

interface KeyTargets {
  readonly filterInput: RefObject<HTMLInputElement | null>;
  focusOn(dealId: string): void;
  onOpen(dealId: string): void;
  onSheet(dealId: string, target?: Target): void;
  onMove(dealId: string, target: Target | undefined): void;
  onCreate(): void;
}

/**
 * The keys of a board, heard where its cards are. A key is for the card it was
 * pressed on, or for the given one.
 */
export function boardKeys(
  model: BoardModel,
  mayMove: boolean,
  targets: KeyTargets,
): (event: KeyboardEvent, dealId?: string) => void {
  return (event, lostBy) => {
    if (isTyping(event.target)) return;
    const action = boardAction(event);
    if (!action) return;
    if (action.do === 'filter' || action.do === 'create') {
      event.preventDefault();
      if (action.do === 'filter') targets.filterInput.current?.focus();
      else targets.onCreate();
      return;
    }
    const target = event.target as HTMLElement;
    const dealId = lostBy ?? target.closest<HTMLElement>('[data-deal]')?.dataset['deal'];
    // Enter on a button within the card presses that button.
    if (!dealId || (action.do === 'open' && !lostBy && target.dataset['deal'] === undefined)) return;
    event.preventDefault();
    switch (action.do) {
      case 'open':
        return targets.onOpen(dealId);
      case 'focus':
        return step(model, dealId, action.direction, targets.focusOn);
      case 'move':
        return mayMove ? shift(model, dealId, action.direction, targets) : undefined;
      case 'sheet':
        return mayMove ? targets.onSheet(dealId) : undefined;
      case 'won':
      case 'lost': {
        const stage = model.stages.find(({ kind }) => kind === action.do);
        return mayMove && stage ? targets.onMove(dealId, { stageId: stage.id }) : undefined;
      }
    }
  };
}

function step(model: BoardModel, dealId: string, direction: Direction, focusOn: (dealId: string) => void): void {
  const shown = model.columns.map(({ stage }) => model.shown.get(stage.id) ?? []);
  const column = shown.findIndex((deals) => deals.some((deal) => deal.id === dealId));
  const row = shown[column]?.findIndex((deal) => deal.id === dealId) ?? 0;
  const next = neighbour(
    { column, row },
    direction,
    shown.map((deals) => deals.length),
  );
  const deal = shown[next.column]?.[next.row];
  if (deal) focusOn(deal.id);
}

function shift(model: BoardModel, dealId: string, direction: 'up' | 'down' | 'left' | 'right', targets: KeyTargets): void {
  const from = placeOf(model.columns, dealId);
  const to =
    from &&
    moveTarget(
      from,
      direction,
      model.columns.map(({ deals }) => deals.length),
    );
  if (!to) return;
  targets.onMove(dealId, placeTarget(model.columns, dealId, to));
  targets.focusOn(dealId);
}
