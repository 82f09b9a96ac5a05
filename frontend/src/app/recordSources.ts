import { useMemo } from 'react';
import { text, useApi, useRecords, useSync, useWorkspace } from '../api/hooks.ts';
import type { RecordList } from '../api/wire.ts';
import { fromWire } from '../sync/record.ts';
import type { RecordSources } from '../ui/fields/sources.ts';

/** Hands the inputs of src/ui, which know no data, the people, departments and records to choose from. */
export function useRecordSources(): RecordSources {
  const users = useRecords('user');
  const departments = useRecords('department');
  const { currency } = useWorkspace();
  const api = useApi();
  const sync = useSync();
  return useMemo(
    () => ({
      currency,
      people: users.map((user) => ({ id: user.id, name: text(user, 'name'), gone: text(user, 'disabledAt') !== '' })),
      departments: departments.map((department) => ({ id: department.id, name: text(department, 'name') })),
      nameOf: (id) => nameOf(sync.store.getState().records.get(id)),
      search: async (type, words, signal) => {
        const page = await api.get<RecordList>(
          `/records?type=${encodeURIComponent(type)}&q=${encodeURIComponent(words)}&limit=10`,
          signal,
        );
        return page.records.map(fromWire).map((record) => ({ id: record.id, name: nameOf(record) }));
      },
    }),
    [users, departments, currency, api, sync],
  );
}

function nameOf(record: Parameters<typeof text>[0]): string {
  return text(record, 'name') || text(record, 'title');
}
