import { useCallback } from 'react';
import { useIntl } from 'react-intl';
import { type CommandOutcome, type CrmRecord, text, useCommand, useSync } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { serverNow } from '../../lib/clock.ts';
import { nameOf, useNameOf } from '../../records/people.ts';
import type { Stage } from '../../records/stages.ts';
import { type MoveAnswers, moveArgs, moved, type Target } from './moves.ts';

/** A move that the server did not make, with all that is needed to say so and to try again. */
export interface RefusedMove {
  readonly deal: CrmRecord;
  readonly target: Target;
  readonly answers: MoveAnswers;
  readonly problem: Problem;
}

/**
 * Moves a deal: it is in its new place in the same frame. If the server
 * refuses, the card is back where the log has it, and the refusal is handed over.
 */
export function useMoveDeal(stages: readonly Stage[], onRefused: (refused: RefusedMove) => void) {
  const sync = useSync();
  const run = useCommand();
  const intl = useIntl();
  const name = useNameOf();
  return useCallback(
    async (deal: CrmRecord, target: Target, answers: MoveAnswers = {}, basedOn?: number): Promise<CommandOutcome> => {
      const orderOf = (id: string) => text(sync.store.getState().records.get(id), 'order');
      const stage = stages.find(({ id }) => id === target.stageId)?.name ?? '';
      const sameStage = target.stageId === text(deal, 'stageId');
      const label = intl.formatMessage(
        { id: sameStage ? 'board.reordered' : 'board.moved' },
        { deal: nameOf(deal) || name(deal.id), stage },
      );
      const outcome = await run({
        name: 'deal.move',
        args: moveArgs(deal, target, answers, basedOn),
        optimistic: (now) => moved(now, target, answers, orderOf, serverNow()),
        label,
        refusal: 'caller',
      });
      if (!outcome.ok) onRefused({ deal, target, answers, problem: outcome.problem });
      return outcome;
    },
    [sync, run, intl, name, stages, onRefused],
  );
}
