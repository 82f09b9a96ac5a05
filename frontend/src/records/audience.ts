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
    ...[...byDepartment].map(([departmentId, seen]) => ({ departmentId, without: groups.filter((group) => !seen.has(group)), shared: true })),
  ];
}

/** The department that a rule lets see a board, or undefined. */
function sharedWith(rule: CrmRecord, boardId: string): string | undefined {
  const sees = text(rule, 'effect') === 'may' && ['see', '*'].includes(text(rule, 'action')) && text(rule, 'what') === `board:${boardId}`;
  const [kind, id] = text(rule, 'who').split(':');
  return sees && kind === 'department' ? id : undefined;
}

/** The actions a department was given on a board. */
export function sharedActions(boardId: string, departmentId: string, rules: readonly CrmRecord[]): string[] {
  return rules
    .filter((rule) => text(rule, 'what') === `board:${boardId}` && text(rule, 'who') === `department:${departmentId}` && text(rule, 'effect') === 'may')
    .map((rule) => text(rule, 'action'));
}
