import { useEffect, useMemo, useRef } from 'react';
import { type BoardState, type CrmRecord, usePresence, useSyncState, useWorkspace } from '../../api/hooks.ts';
import { useNameOf } from '../../records/people.ts';
import { lostReasonsOf, type Stage, stagesOf } from '../../records/stages.ts';
import { boardTotals, type Column, columnsOf, filterDeals, type Totals } from './columns.ts';

/** A board as it is drawn: its columns with their deals and sums. */
export interface BoardModel {
  readonly pipelineId: string;
  readonly stages: readonly Stage[];
  readonly lostReasons: readonly string[];
  /** All deals, in the order of the board. */
  readonly columns: readonly Column[];
  /** By stage: the deals that pass the filter, in the same order. */
  readonly shown: ReadonlyMap<string, readonly CrmRecord[]>;
  readonly totals: Totals;
  /** ISO 4217 of the company. */
  readonly currency: string;
}

/** The columns of a board, computed anew only where something changed. */
export function useBoardModel({ pipeline, deals }: BoardState, filter: string): BoardModel {
  const { currency } = useWorkspace();
  const nameOf = useNameOf();
  const stages = useMemo(() => stagesOf(pipeline), [pipeline]);
  const lostReasons = useMemo(() => lostReasonsOf(pipeline), [pipeline]);
  const before = useRef<readonly Column[]>([]);
  const columns = useMemo(() => columnsOf(deals, stages, currency, before.current), [deals, stages, currency]);
  useEffect(() => {
    before.current = columns;
  }, [columns]);
  const totals = useMemo(() => boardTotals(columns, currency), [columns, currency]);
  // The filter reads names that are not the deals' own; without a filter none is read.
  const names = useSyncState(({ revisions }) => (filter ? (revisions['customer'] ?? 0) + (revisions['user'] ?? 0) : 0));
  // biome-ignore lint/correctness/useExhaustiveDependencies: nameOf reads a mutable map, its revisions say when it changed
  const shown = useMemo(
    () => new Map(columns.map((column) => [column.stage.id, filterDeals(column.deals, filter, nameOf)])),
    [columns, filter, nameOf, names],
  );
  return { pipelineId: pipeline?.id ?? '', stages, lostReasons, columns, shown, totals, currency };
}

/**
 * Loads the board again when its stages ask for something else: its deals came
 * with what the stages had asked for until then.
 */
export function useNewDemands({ pipeline, reload }: BoardState): void {
  const asked = useMemo(() => [...new Set(stagesOf(pipeline).flatMap(({ requires }) => requires))].sort().join(' '), [pipeline]);
  const loadedWith = useRef(asked);
  useEffect(() => {
    if (loadedWith.current === asked) return;
    loadedWith.current = asked;
    reload();
  }, [asked, reload]);
}

/** By deal: who holds it on another screen. */
export function useHolders(): ReadonlyMap<string, string> {
  const presence = usePresence();
  return useMemo(
    () => new Map(presence.flatMap(({ holding, userId }) => (holding ? [[holding, userId] as const] : []))),
    [presence],
  );
}
