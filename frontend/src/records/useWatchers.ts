import { useMemo } from 'react';
import { type CrmRecord, text, useMe, useRecords } from '../api/hooks.ts';
import { departmentsAbove, type Watcher, watchersOfRecord, worksOn } from './audience.ts';

/** Who sees a record, live: a change of policy changes the answer at once. */
export function useWatchers(record: CrmRecord | undefined): readonly Watcher[] {
  const boards = useRecords('board');
  const rules = useRecords('rule');
  const departments = useRecords('department');
  return useMemo(
    () => watchersOfRecord(record, boards, rules, (id) => departmentsAbove(departments, id)),
    [record, boards, rules, departments],
  );
}

/** Whether to offer an action on the deals of a board. */
export function useWorksOn(board: CrmRecord | undefined, action: 'create'): boolean {
  const me = useMe();
  const memberships = useRecords('membership');
  const rules = useRecords('rule');
  const departments = useRecords('department');
  return useMemo(() => {
    const mine = memberships.filter((each) => text(each, 'userId') === me?.id).map((each) => text(each, 'departmentId'));
    return board !== undefined && worksOn(board, action, mine, departments, rules);
  }, [board, action, me, memberships, departments, rules]);
}
