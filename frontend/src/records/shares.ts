import { type CrmRecord, text } from '../api/hooks.ts';

/** What a department was given on a board. */
export interface Share {
  readonly departmentId: string;
  /** Field groups beside standard that it sees: money, reach, notes. */
  readonly groups: readonly string[];
  /** What it may do there: see, comment, move, edit. */
  readonly actions: readonly string[];
}

/** The field groups one can share beside standard, which always goes along. */
export const shareableGroups = ['money', 'reach', 'notes'] as const;

/** With whom a board was shared. Its rules are marked with the board and the department. */
export function sharesOf(boardId: string, rules: readonly CrmRecord<'rule'>[]): Share[] {
  const shares = new Map<string, { groups: Set<string>; actions: string[] }>();
  for (const rule of rules) {
    if (text(rule, 'boardId') !== boardId || text(rule, 'what') !== `board:${boardId}`) continue;
    const departmentId = text(rule, 'departmentId');
    const share = shares.get(departmentId) ?? { groups: new Set(), actions: [] };
    for (const group of groupsOf(rule)) share.groups.add(group);
    share.actions.push(text(rule, 'action'));
    shares.set(departmentId, share);
  }
  return [...shares].map(([departmentId, { groups, actions }]) => ({ departmentId, groups: [...groups], actions }));
}

function groupsOf(rule: CrmRecord<'rule'>): string[] {
  const named = text(rule, 'fieldGroups').split('+');
  return shareableGroups.filter((group) => named.includes(group) || named.includes('all'));
}

/** The ids of a department and of all above it. */
export function departmentsAbove(departments: readonly CrmRecord<'department'>[], id: string): Set<string> {
  const chain = new Set<string>();
  for (
    let at = id;
    at && !chain.has(at);
    at = text(
      departments.find((department) => department.id === at),
      'parentId',
    )
  )
    chain.add(at);
  return chain;
}

/**
 * Whether somebody of these departments works on a board: it is theirs or below
 * theirs, or was shared with them for the action. Only decides what is offered;
 * the server decides what is done.
 */
export function worksOn(
  board: CrmRecord,
  action: string,
  mine: readonly string[],
  departments: readonly CrmRecord<'department'>[],
  rules: readonly CrmRecord<'rule'>[],
): boolean {
  const home = departmentsAbove(departments, text(board, 'departmentId'));
  return mine.some((id) => home.has(id)) || isSharedFor(board, action, mine, departments, rules);
}

/** Whether a board was shared with one of these departments, or one above, for the action. */
export function isSharedFor(
  board: CrmRecord,
  action: string,
  mine: readonly string[],
  departments: readonly CrmRecord<'department'>[],
  rules: readonly CrmRecord<'rule'>[],
): boolean {
  // What a department was given, those below it have.
  const above = new Set(mine.flatMap((id) => [...departmentsAbove(departments, id)]));
  return sharesOf(board.id, rules).some(({ departmentId, actions }) => above.has(departmentId) && actions.includes(action));
}
