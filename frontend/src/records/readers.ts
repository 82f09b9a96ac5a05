import { useCallback, useEffect, useState } from 'react';
import { useIntl } from 'react-intl';
import { ApiError, type CrmRecord, useApi, useSyncState } from '../api/hooks.ts';
import type { Reader, Readers } from '../api/wire.ts';
import { useNameOf } from './people.ts';

const nobody: readonly Reader[] = [];

/** What of a record decides who sees it. */
const placing = ['departmentId', 'pipelineId', 'ownerId', 'sharedWith'];
/** Types of records of which the policy is made. */
const policy = ['rule', 'membership', 'department', 'user', 'board'];

/**
 * Who sees a record, or a board and its deals, as the server's policy has it:
 * asked again when the record changes its place or the policy changes. Empty
 * while that is not known: a sign of trust says nothing rather than a guess.
 */
export function useReaders(record: CrmRecord | undefined): readonly Reader[] {
  const api = useApi();
  const id = record && record.version > 0 ? record.id : undefined;
  const place = JSON.stringify(placing.map((key) => record?.fields[key]));
  const policyAt = useSyncState((state) => policy.map((type) => state.revisions[type] ?? 0).join());
  const question = `${id} ${place} ${policyAt}`;
  const [answer, setAnswer] = useState({ id, question, readers: nobody });
  useEffect(() => {
    if (!id) return undefined;
    const asking = new AbortController();
    api
      .get<Readers>(`/records/${id}/readers`, asking.signal)
      .then(({ readers }) => !asking.signal.aborted && setAnswer({ id, question, readers }))
      .catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (!asking.signal.aborted) setAnswer({ id, question, readers: nobody });
      });
    return () => {
      asking.abort();
    };
  }, [api, id, question]);
  // While it is asked anew, the answer to the question before stands.
  return answer.id === id ? answer.readers : nobody;
}

/** What a reader is called: a department, a part of one, or a person. */
export function useReaderName(): (reader: Reader) => string {
  const intl = useIntl();
  const nameOf = useNameOf();
  return useCallback(
    ({ departmentId, part, userId }) => {
      if (userId) return nameOf(userId) || intl.formatMessage({ id: 'ui.somebody' });
      const department = nameOf(departmentId ?? '') || intl.formatMessage({ id: 'record.someDepartment' });
      return part ? intl.formatMessage({ id: 'record.partOf' }, { department }) : department;
    },
    [intl, nameOf],
  );
}

/** "Visible to …" for the fields of a group, or for comments; '' while it is not known. */
export function useVisibleTo(readers: readonly Reader[]): (group: 'comments' | (string & {})) => string {
  const intl = useIntl();
  const name = useReaderName();
  return (group) => {
    const names = readers
      .filter(({ without, comments }) => (group === 'comments' ? comments : !without.includes(group)))
      .map(name);
    return names.length > 0
      ? intl.formatMessage({ id: 'record.visibleTo' }, { list: intl.formatList(names), count: names.length })
      : '';
  };
}
