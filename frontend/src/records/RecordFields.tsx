import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, useSchema } from '../api/hooks.ts';
import type { FieldInfo } from '../api/wire.ts';
import type { Watcher } from './audience.ts';
import { FieldRow } from './FieldRow.tsx';
import { useNameOf } from './people.ts';
import classes from './RecordFields.module.css';

/** All fields of a record by their kinds; those without a value wait behind "More". */
export function RecordFields({
  record,
  may,
  watchers,
  leaveOut = [],
}: {
  record: CrmRecord;
  may: readonly string[];
  watchers: readonly Watcher[];
  leaveOut?: readonly string[];
}) {
  const schema = useSchema(record.type);
  const [all, setAll] = useState(false);
  const visibleTo = useVisibleTo(watchers);
  const fields = schema.filter((field) => !leaveOut.includes(field.key) && !isStamp(field.key));
  const filled = (field: FieldInfo) => field.key in record.fields || record.masked.includes(field.group);
  const shown = all ? fields : fields.filter(filled);
  const empty = fields.length - fields.filter(filled).length;
  return (
    <>
      <dl className={classes['fields']}>
        {shown.map((field) => (
          <FieldRow
            key={field.key}
            record={record}
            field={field}
            mayEdit={mayEdit(field.key, may)}
            visibleTo={visibleTo(field.group)}
          />
        ))}
      </dl>
      {empty > 0 && (
        <button type="button" className={classes['more']} aria-expanded={all} onClick={() => setAll(!all)}>
          <FormattedMessage id={all ? 'record.fewerFields' : 'record.moreFields'} values={{ count: empty }} />
        </button>
      )}
    </>
  );
}

/** A record's own bookkeeping is told by its history. */
function isStamp(key: string): boolean {
  return /^(created|updated|trashed)(At|By)$/.test(key);
}

function mayEdit(key: string, may: readonly string[]): boolean {
  return may.includes(key === 'ownerId' ? 'assign' : 'edit');
}

/** Who will read what is written into a field of a group. */
function useVisibleTo(watchers: readonly Watcher[]): (group: string) => string {
  const intl = useIntl();
  const nameOf = useNameOf();
  return (group) => {
    const readers = watchers.filter(({ without }) => !without.includes(group)).map(({ departmentId }) => nameOf(departmentId));
    return readers.length > 0
      ? intl.formatMessage({ id: 'record.visibleTo' }, { list: intl.formatList(readers), count: readers.length })
      : '';
  };
}
