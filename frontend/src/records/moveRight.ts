import { useMemo } from 'react';
import { type CrmRecord, text, useMe, useReach, useRecords } from '../api/hooks.ts';
import type { Reach } from '../api/wire.ts';
import { departmentsAbove, isSharedFor } from './shares.ts';

/** Whose deals of a board a person may move, as far as the app can tell. Decides what is offered; the server decides what is done. */
export interface MoveRight {
  /** Whether there is anything here that he may move. */
  readonly some: boolean;
  of(deal: CrmRecord): boolean;
}

/** The right that a person's reach gives on a board, and what was shared with his departments. */
export function moveRight(
  board: CrmRecord,
  userId: string,
  reach: Reach,
  mine: readonly string[],
  departments: readonly CrmRecord<'department'>[],
  rules: readonly CrmRecord<'rule'>[],
): MoveRight {
  if (isSharedFor(board, 'move', mine, departments, rules)) return { some: true, of: () => true };
  const home = text(board, 'departmentId');
  const within = reach.departments.filter((id) => departmentsAbove(departments, id).has(home));
  return {
    some: reach.own || within.length > 0,
    of: (deal) => (reach.own && text(deal, 'ownerId') === userId) || reach.departments.includes(text(deal, 'departmentId')),
  };
}

const none: MoveRight = { some: false, of: () => false };

/** Whose deals of a board the signed-in person may move, live. */
export function useMoveRight(board: CrmRecord | undefined): MoveRight {
  const me = useMe()?.id ?? '';
  const reach = useReach('move:deal');
  const memberships = useRecords('membership');
  const rules = useRecords('rule');
  const departments = useRecords('department');
  return useMemo(() => {
    const mine = memberships.filter((each) => text(each, 'userId') === me).map((each) => text(each, 'departmentId'));
    return board ? moveRight(board, me, reach, mine, departments, rules) : none;
  }, [board, me, reach, memberships, departments, rules]);
}
