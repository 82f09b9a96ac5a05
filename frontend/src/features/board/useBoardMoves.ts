import { useCallback, useState } from 'react';
import { useIntl } from 'react-intl';
import { type CrmRecord, text, useSchema, useSync } from '../../api/hooks.ts';
import type { MoveRight } from '../../records/moveRight.ts';
import type { Stage } from '../../records/stages.ts';
import { barrier } from './barrier.ts';
import { asksFor, dropTarget, endOf, type MoveAnswers, type Over, type Target } from './moves.ts';
import type { BoardModel } from './useBoard.ts';
import { type RefusedMove, useMoveDeal } from './useMoveDeal.ts';

/** A move that waits for an answer: where to, or what the stage asks for. */
export interface Sheet {
  readonly dealId: string;
  readonly target?: Target;
}

/** All ways by which cards move on a board; each asks the same barrier and ends in the same command. */
export function useBoardMoves(
  model: BoardModel,
  right: MoveRight,
  say: (words: string) => void,
  focusOn: (dealId: string) => void,
) {
  const [sheet, setSheet] = useState<Sheet>();
  const find = useFind();
  const { barred, refused, attempt, keepTheirs, insist } = useAttempts(model, right, setSheet);
  const sayMoved = useSayMoved(model, say);
  const asks = useAsks();
  const { columns, stages } = model;

  /** Moves a deal, or asks first what its new stage wants to know. */
  const request = useCallback(
    (dealId: string, target: Target | undefined) => {
      const deal = find(dealId);
      const stage = stages.find(({ id }) => id === target?.stageId);
      if (!deal || !target || !stage) return;
      if (barred(deal, stage)) attempt(deal, target, {});
      else if (asks(stage, deal)) setSheet({ dealId, target });
      else {
        attempt(deal, target, {});
        sayMoved(deal, stage, target);
      }
    },
    [find, stages, barred, asks, attempt, sayMoved],
  );

  const drop = useCallback(
    (dealId: string, over: Over) => request(dealId, dropTarget(columns, dealId, over)),
    [request, columns],
  );

  /** What the sheet was answered with. */
  const answer = useCallback(
    (stage: Stage, answers: MoveAnswers) => {
      const deal = sheet && find(sheet.dealId);
      setSheet(undefined);
      if (!deal) return;
      const target = sheet.target?.stageId === stage.id ? sheet.target : endOf(columns, stage.id);
      focusOn(deal.id);
      if (attempt(deal, target, answers)) sayMoved(deal, stage);
    },
    [sheet, find, columns, attempt, focusOn, sayMoved],
  );

  return { sheet, openSheet: setSheet, barred, refused, keepTheirs, insist, request, drop, answer };
}

function useFind(): (id: string) => CrmRecord | undefined {
  const sync = useSync();
  return useCallback((id) => sync.store.getState().records.get(id), [sync]);
}

/** Moves that are made if nothing is in their way, and what became of the last that was not. */
function useAttempts({ stages, pipelineId }: BoardModel, right: MoveRight, ask: (sheet: Sheet) => void) {
  const [refused, setRefused] = useState<RefusedMove>();
  const find = useFind();
  const onRefused = useCallback(
    (move: RefusedMove) => {
      // The stage asks for something that this screen did not know of: ask, and go on.
      if (move.problem.reason === 'stage_required_field' || move.problem.reason === 'lost_reason_required')
        ask({ dealId: move.deal.id, target: move.target });
      else setRefused(move);
    },
    [ask],
  );
  const move = useMoveDeal(stages, onRefused);
  /** Why a deal cannot go into a stage. */
  const barred = useCallback(
    (deal: CrmRecord, stage: Stage) => barrier(deal, stage, { stages, pipelineId, mayMove: right.of }),
    [stages, pipelineId, right],
  );
  /** Moves a deal, or says why not. */
  const attempt = useCallback(
    (deal: CrmRecord, target: Target, answers: MoveAnswers, basedOn?: number): boolean => {
      const stage = stages.find(({ id }) => id === target.stageId);
      const problem = stage && barred(deal, stage);
      setRefused(problem && { deal, target, answers, problem });
      if (!problem) void move(deal, target, answers, basedOn);
      return !problem;
    },
    [stages, barred, move],
  );
  const keepTheirs = useCallback(() => setRefused(undefined), []);
  /** The person insists, knowing what the other one did. */
  const insist = useCallback(() => {
    if (!refused) return;
    attempt(find(refused.deal.id) ?? refused.deal, refused.target, refused.answers, refused.problem.current?.v);
  }, [refused, find, attempt]);
  return { barred, refused, attempt, keepTheirs, insist };
}

/** Whether a stage wants to know something before a deal enters. */
function useAsks(): (stage: Stage, deal: CrmRecord) => boolean {
  const schema = useSchema('deal');
  return useCallback(
    (stage, deal) => {
      const asked = asksFor(stage, deal, (key) => schema.find((field) => field.key === key)?.group ?? '');
      return asked.lostReason || asked.fields.length > 0;
    },
    [schema],
  );
}

/** Says where a deal has gone; with its place, if the person chose one. */
function useSayMoved({ columns }: BoardModel, say: (words: string) => void) {
  const intl = useIntl();
  return useCallback(
    (deal: CrmRecord, stage: Stage, target?: Target) => {
      const names = { deal: text(deal, 'title'), stage: stage.name };
      if (!target) return say(intl.formatMessage({ id: 'board.moved' }, names));
      const there = columns.find((column) => column.stage.id === stage.id);
      const others = there?.deals.filter(({ id }) => id !== deal.id) ?? [];
      const place = target.beforeId ? others.findIndex(({ id }) => id === target.beforeId) + 1 : others.length + 1;
      say(intl.formatMessage({ id: 'board.movedAloud' }, { ...names, place, count: others.length + 1 }));
    },
    [columns, intl, say],
  );
}
