import { type CrmRecord, text } from '../api/hooks.ts';

/** A department that sees a board, and what of it. */
export interface Watcher {
  readonly departmentId: string;
  /** Field groups it does not see: money, reach, notes. */
  readonly without: readonly string[];
  /** Whether it sees the board because it was shared, not because it is its own. */
  readonly shared: boolean;
}

const groups = ['money', 'reach', 'notes'];

/** Who sees a board: its own department first, then those it is shared with. */
export function watchersOf(board: CrmRecord | undefined, rules: readonly CrmRecord[]): Watcher[] {
  if (!board) return [];
  const own = text(board, 'departmentId');
  const byDepartment = new Map<string, Set<string>>();
  for (const rule of rules) {
    const shared = sharedWith(rule, board.id);
    if (!shared || shared === own) continue;
    const seen = byDepartment.get(shared) ?? new Set<string>();
    const fields = text(rule, 'fields');
    for (const group of fields === 'all' ? groups : fields.split('+')) seen.add(group);
    byDepartment.set(shared, seen);
  }
  return [
    { departmentId: own, without: [], shared: false },
    ...[...byDepartment].map(([departmentId, seen]) => ({
      departmentId,
      without: groups.filter((group) => !seen.has(group)),
      shared: true,
    })),
  ];
}

/** The department that a rule lets see a board, or undefined. */
function sharedWith(rule: CrmRecord, boardId: string): string | undefined {
  const sees =
    text(rule, 'effect') === 'may' && ['see', '*'].includes(text(rule, 'action')) && text(rule, 'what') === `board:${boardId}`;
  const [kind, id] = text(rule, 'who').split(':');
  return sees && kind === 'department' ? id : undefined;
}

/** The actions a department was given on a board. */
export function sharedActions(boardId: string, departmentId: string, rules: readonly CrmRecord[]): string[] {
  return rules
    .filter(
      (rule) =>
        text(rule, 'what') === `board:${boardId}` &&
        text(rule, 'who') === `department:${departmentId}` &&
        text(rule, 'effect') === 'may',
    )
    .map((rule) => text(rule, 'action'));
}

/** Who sees a record: its department, those of the boards it lies on, and those it was shared with. */
export function watchersOfRecord(
  record: CrmRecord | undefined,
  boards: readonly CrmRecord[],
  rules: readonly CrmRecord[],
  above: (departmentId: string) => ReadonlySet<string>,
): Watcher[] {
  const own = text(record, 'departmentId');
  if (!record || !own) return [];
  const found = new Map<string, Watcher>([[own, { departmentId: own, without: [], shared: false }]]);
  const chain = above(own);
  const on = boards.filter(
    (board) => text(board, 'pipelineId') === text(record, 'pipelineId') && chain.has(text(board, 'departmentId')),
  );
  const shared = Array.isArray(record.fields['sharedWith']) ? record.fields['sharedWith'].map(String) : [];
  const more = [
    ...shared.map((departmentId) => ({ departmentId, without: [], shared: true })),
    ...on.flatMap((board) => watchersOf(board, rules).filter((watcher) => watcher.shared)),
  ];
  for (const watcher of more) if (!found.has(watcher.departmentId)) found.set(watcher.departmentId, watcher);
  return [...found.values()];
}

/** The ids of a department and of all above it. */
export function departmentsAbove(departments: readonly CrmRecord[], id: string): Set<string> {
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
  departments: readonly CrmRecord[],
  rules: readonly CrmRecord[],
): boolean {
  const home = departmentsAbove(departments, text(board, 'departmentId'));
  return mine.some((id) => home.has(id)) || isSharedFor(board, action, mine, departments, rules);
}

/** Whether a board was shared with one of these departments, or one above, for the action. */
export function isSharedFor(
  board: CrmRecord,
  action: string,
  mine: readonly string[],
  departments: readonly CrmRecord[],
  rules: readonly CrmRecord[],
): boolean {
  // What a department was given, those below it have.
  const above = new Set(mine.flatMap((id) => [...departmentsAbove(departments, id)]));
  return rules.some((rule) => {
    const [kind, id = ''] = text(rule, 'who').split(':');
    return (
      text(rule, 'what') === `board:${board.id}` &&
      text(rule, 'effect') === 'may' &&
      text(rule, 'action') === action &&
      kind === 'department' &&
      above.has(id)
    );
  });
}
