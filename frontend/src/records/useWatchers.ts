import { useMemo } from 'react';
import { type CrmRecord, useRecords } from '../api/hooks.ts';
import { departmentsAbove, type Watcher, watchersOfRecord } from './audience.ts';

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
