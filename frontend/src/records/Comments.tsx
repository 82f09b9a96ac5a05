import { Button, Textarea } from '@mantine/core';
import { type KeyboardEvent, useCallback, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useCommand, useRecords } from '../api/hooks.ts';
import type { Problem } from '../api/wire.ts';
import { newId } from '../lib/ulid.ts';
import { Face, NotShared, RelativeDate, useProblemText } from '../ui/index.ts';
import { useDraft } from './drafts.ts';
import { nameOf, useName } from './people.ts';
import classes from './RecordFields.module.css';

/** What people said about a record, oldest first. */
export function Comments({ recordId }: { recordId: string }) {
  const here = useCallback((comment: CrmRecord) => text(comment, 'recordId') === recordId, [recordId]);
  const comments = useRecords('comment', here);
  if (comments.length === 0) return null;
  return (
    <section aria-labelledby={`said-${recordId}`}>
      <h3 id={`said-${recordId}`} className={classes['title']}>
        <FormattedMessage id="record.comments" values={{ count: comments.length }} />
      </h3>
      <ul className={classes['lines']}>
        {comments.map((comment) => (
          <Said key={comment.id} comment={comment} />
        ))}
      </ul>
    </section>
  );
}

function Said({ comment }: { comment: CrmRecord }) {
  const intl = useIntl();
  const by = text(comment, 'createdBy');
  const name = useName(by) || intl.formatMessage({ id: 'ui.somebody' });
  return (
    <li className={classes['line']}>
      <Face userId={by} name={name} size="s" nameBeside />
      <div>
        <b>{name}</b>
        <div className={classes['said']}>{comment.masked.includes('notes') ? <NotShared /> : text(comment, 'text')}</div>
      </div>
      <span className={classes['when']}>
        <RelativeDate at={text(comment, 'createdAt')} />
      </span>
    </li>
  );
}

/** Writes a comment; Ctrl+Enter sends. The text stays until it is sent, whatever happens to the screen. */
export function SaySomething({ record, visibleTo }: { record: CrmRecord; visibleTo: string }) {
  const intl = useIntl();
  const run = useCommand();
  const problemText = useProblemText();
  const [draft, setDraft] = useDraft(record.id, 'comment');
  const [problem, setProblem] = useState<Problem>();
  const written = typeof draft?.value === 'string' ? draft.value : '';
  const write = (value: string) => setDraft(value ? { value, basedOn: 0, before: '' } : undefined);
  const send = async () => {
    const said = written.trim();
    if (!said) return;
    write('');
    setProblem(undefined);
    const outcome = await run({
      name: 'comment.add',
      args: { id: newId(), recordId: record.id, text: said },
      label: intl.formatMessage({ id: 'record.commented' }, { record: nameOf(record) }),
      refusal: 'caller',
    });
    if (outcome.ok) return;
    write(said);
    setProblem(outcome.problem);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  return (
    <div className={classes['say']}>
      <Textarea
        classNames={{ label: classes['readers'] ?? '' }}
        label={visibleTo || intl.formatMessage({ id: 'record.comment' })}
        aria-label={intl.formatMessage({ id: 'record.comment' })}
        placeholder={intl.formatMessage({ id: 'record.commentHere' })}
        value={written}
        onChange={(event) => write(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        autosize
        minRows={1}
        maxRows={8}
        maxLength={20_000}
        error={problem && problemText(problem)}
      />
      {written.trim() !== '' && (
        <div className={classes['sayVerbs']}>
          <small className="soft">
            <FormattedMessage id="record.commentKeys" />
          </small>
          <Button size="xs" onClick={() => void send()}>
            <FormattedMessage id="record.send" />
          </Button>
        </div>
      )}
    </div>
  );
}
