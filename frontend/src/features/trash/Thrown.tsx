import { Button } from '@mantine/core';
import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useCommand } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { nameOf, useName } from '../../records/people.ts';
import { NotShared, RelativeDate, useFieldLabel, useProblemText } from '../../ui/index.ts';
import classes from './trash.module.css';

/** One record in the trash: what it is, who threw it away and when, and the way back. */
export function Thrown({ record }: { record: CrmRecord }) {
  const intl = useIntl();
  const run = useCommand();
  const problemText = useProblemText();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const name = useTrashName(record);
  const by = useName(text(record, 'trashedBy') || undefined) || intl.formatMessage({ id: 'ui.somebody' });
  const restore = async () => {
    setBusy(true);
    setProblem(undefined);
    const outcome = await run({
      name: 'record.restore',
      args: { id: record.id },
      label: intl.formatMessage(
        { id: 'trash.restored' },
        { name: name || intl.formatMessage({ id: `trash.type.${record.type}` }) },
      ),
      refusal: 'caller',
    });
    setBusy(false);
    if (!outcome.ok) setProblem(outcome.problem);
  };
  return (
    <li className={classes['thrown']}>
      <span className={classes['words']}>
        <strong className={classes['name']}>{name || <NotShared />}</strong>
        <small className="soft">
          <FormattedMessage id={`trash.type.${record.type}`} />
          {' · '}
          <FormattedMessage id="trash.by" values={{ who: by, when: <RelativeDate at={text(record, 'trashedAt')} /> }} />
        </small>
        {problem && (
          <small role="alert" className={classes['problem']}>
            {problemText(problem)}
          </small>
        )}
      </span>
      <Button variant="default" loading={busy} onClick={() => void restore()}>
        <FormattedMessage id="trash.restore" />
        <span className="visually-hidden"> {name}</span>
      </Button>
    </li>
  );
}

/** What a record in the trash is called; of a comment what it says, of a field its label. '' for what is masked. */
function useTrashName(record: CrmRecord): string {
  const label = useFieldLabel();
  if (record.type === 'comment') return text(record, 'text');
  if (record.type !== 'field') return nameOf(record);
  const { labels } = record.fields;
  return label(
    text(record, 'recordType'),
    `fields.${text(record, 'key')}`,
    typeof labels === 'object' && labels !== null ? (labels as Record<string, string>) : undefined,
  );
}
