import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text } from '../api/hooks.ts';
import { RelativeDate } from '../ui/index.ts';
import { useName } from './people.ts';
import classes from './records.module.css';

/** "Who wants this?" – beside every demand, who stands behind it: of is the pipeline or the field that makes it. */
export function WhoWants({ of }: { of: CrmRecord | undefined }) {
  const intl = useIntl();
  const [open, setOpen] = useState(false);
  const who = useName(text(of, 'updatedBy') || text(of, 'createdBy') || undefined);
  const department = useName(text(of, 'departmentId') || undefined);
  const at = text(of, 'updatedAt') || text(of, 'createdAt');
  if (!of || !at) return null;
  return (
    <>
      <button type="button" className={classes['whoWants']} aria-expanded={open} onClick={() => setOpen(!open)}>
        <FormattedMessage id="record.whoWants" />
      </button>
      <span role="status" className={classes['wanted']}>
        {open && (
          <FormattedMessage
            id={of.type === 'pipeline' && department ? 'record.wantedByDepartment' : 'record.wantedBy'}
            values={{
              who: who || intl.formatMessage({ id: 'ui.somebody' }),
              department,
              when: <RelativeDate key="when" at={at} />,
            }}
          />
        )}
      </span>
    </>
  );
}
