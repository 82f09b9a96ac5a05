import { Button, Textarea } from '@mantine/core';
import { type FormEvent, useCallback, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useCommand, useIsPending, useRecords } from '../../api/hooks.ts';
import { newId } from '../../lib/ulid.ts';
import { useName } from '../../records/people.ts';
import { Face, RelativeDate, useFieldProblems, useProblemText } from '../../ui/index.ts';
import classes from './customers.module.css';

/** What people wrote about a record, oldest first, and a place to write. */
export function Comments({ recordId, mayComment }: { recordId: string; mayComment: boolean }) {
  const intl = useIntl();
  const ofRecord = useCallback((comment: CrmRecord) => text(comment, 'recordId') === recordId, [recordId]);
  const comments = useRecords('comment', ofRecord);
  return (
    <section className={classes['sheet']} aria-label={intl.formatMessage({ id: 'customers.comments' })}>
      <h2>
        <FormattedMessage id="customers.comments" /> <span className="soft num">{comments.length}</span>
      </h2>
      {comments.length === 0 && (
        <p className="soft">
          <FormattedMessage id="customers.noComments" />
        </p>
      )}
      <ol className={classes['comments']}>
        {comments.map((comment) => (
          <Comment key={comment.id} comment={comment} />
        ))}
      </ol>
      {mayComment && <Write recordId={recordId} />}
    </section>
  );
}

function Comment({ comment }: { comment: CrmRecord }) {
  const intl = useIntl();
  const by = text(comment, 'createdBy');
  const name = useName(by) || intl.formatMessage({ id: 'ui.somebody' });
  const pending = useIsPending(comment.id);
  return (
    <li className={classes['comment']} data-pending={pending || undefined}>
      <Face userId={by} name={name} size="s" nameBeside />
      <div>
        <strong>{name}</strong>{' '}
        <small className="soft">
          {pending ? <FormattedMessage id="customers.sending" /> : <RelativeDate at={text(comment, 'createdAt')} />}
        </small>
        <p className={classes['words']}>{text(comment, 'text')}</p>
      </div>
    </li>
  );
}

function Write({ recordId }: { recordId: string }) {
  const intl = useIntl();
  const run = useCommand();
  const problemText = useProblemText();
  const fieldProblems = useFieldProblems();
  const [words, setWords] = useState('');
  const [error, setError] = useState<string>();
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    const written = words.trim();
    if (!written) return;
    setWords('');
    setError(undefined);
    const outcome = await run({
      name: 'comment.add',
      args: { id: newId(), recordId, text: written },
      label: intl.formatMessage({ id: 'customers.didComment' }),
      refusal: 'caller',
    });
    if (outcome.ok) return;
    // Back to where it was written, in front of what has been written since.
    setWords((since) => (since ? `${written}\n${since}` : written));
    setError(fieldProblems(outcome.problem.fields)['text'] ?? problemText(outcome.problem));
  };
  return (
    <form className={classes['write']} onSubmit={(event) => void submit(event)}>
      <Textarea
        label={intl.formatMessage({ id: 'customers.writeComment' })}
        autosize
        minRows={2}
        maxRows={8}
        maxLength={20_000}
        value={words}
        error={error}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit();
        }}
      />
      <Button type="submit" variant="default" disabled={words.trim() === ''}>
        <FormattedMessage id="customers.send" />
      </Button>
    </form>
  );
}
