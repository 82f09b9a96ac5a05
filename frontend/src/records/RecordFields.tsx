import { useState } from 'react';
import { FormattedMessage } from 'react-intl';
import { type CrmRecord, useSchema } from '../api/hooks.ts';
import type { FieldInfo, Reader } from '../api/wire.ts';
import { FieldRow } from './FieldRow.tsx';
import classes from './RecordFields.module.css';
import { useVisibleTo } from './readers.ts';

/** All fields of a record by their kinds; those without a value wait behind "More". */
export function RecordFields({
  record,
  may,
  readers,
  leaveOut = [],
}: {
  record: CrmRecord;
  may: readonly string[];
  readers: readonly Reader[];
  leaveOut?: readonly string[];
}) {
  const schema = useSchema(record.type);
  const [all, setAll] = useState(false);
  const visibleTo = useVisibleTo(readers);
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

/** Owner and department decide who sees the record: they take the right to hand it over. */
function mayEdit(key: string, may: readonly string[]): boolean {
  return may.includes(key === 'ownerId' || key === 'departmentId' ? 'assign' : 'edit');
}
