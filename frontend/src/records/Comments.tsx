import { Button, Textarea } from '@mantine/core';
import { type KeyboardEvent, useCallback } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useCommand, useIsPending, useRecords } from '../api/hooks.ts';
import type { Problem } from '../api/wire.ts';
import { newId } from '../lib/ulid.ts';
import { Face, NotShared, RelativeDate, useProblemText } from '../ui/index.ts';
import { useDraft } from './drafts.ts';
import { nameOf, useName } from './people.ts';
import classes from './RecordFields.module.css';

/** Which heading stands above a part: 2 on a page, 3 in a drawer, whose title is the second. */
export type HeadingLevel = 2 | 3;

/** What people said about a record, oldest first. */
export function Comments({ recordId, level = 3 }: { recordId: string; level?: HeadingLevel }) {
  const here = useCallback((comment: CrmRecord) => text(comment, 'recordId') === recordId, [recordId]);
  const comments = useRecords('comment', here);
  const Heading = `h${level}` as const;
  return (
    <section aria-labelledby={`said-${recordId}`}>
      <Heading id={`said-${recordId}`} className={classes['title']}>
        <FormattedMessage id="record.comments" values={{ count: comments.length }} />
      </Heading>
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
  const pending = useIsPending(comment.id);
  return (
    <li className={classes['line']} data-pending={pending || undefined}>
      <Face userId={by} name={name} size="s" nameBeside />
      <div>
        <b>{name}</b>
        <div className={classes['said']}>{comment.masked.includes('notes') ? <NotShared /> : text(comment, 'text')}</div>
      </div>
      <span className={classes['when']}>
        {pending ? <FormattedMessage id="record.notSent" /> : <RelativeDate at={text(comment, 'createdAt')} />}
      </span>
    </li>
  );
}

/**
 * Writes a comment; Ctrl+Enter sends. The text stays until it is sent, whatever
 * happens to the screen, and also when the right to comment ends.
 */
export function SaySomething({ record, may, visibleTo }: { record: CrmRecord; may: readonly string[]; visibleTo: string }) {
  const intl = useIntl();
  const run = useCommand();
  const problemText = useProblemText();
  const [draft, setDraft] = useDraft(record.id, 'comment');
  const written = typeof draft?.value === 'string' ? draft.value : '';
  const write = (value: string, refused?: Problem) => setDraft(value ? { value, basedOn: 0, before: '', refused } : undefined);
  const send = async () => {
    const said = written.trim();
    if (!said) return;
    write('');
    const outcome = await run({
      name: 'comment.add',
      args: { id: newId(), recordId: record.id, text: said },
      label: intl.formatMessage({ id: 'record.commented' }, { record: nameOf(record) }),
      refusal: 'caller',
    });
    if (outcome.ok) return;
    // Back to where it was written, in front of what has been written since.
    setDraft((now) => ({
      value: [said, now?.value].filter(Boolean).join('\n'),
      basedOn: 0,
      before: '',
      refused: outcome.problem,
    }));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  if (!may.includes('comment') && written === '') return null;
  return (
    <div className={classes['say']}>
      <Textarea
        classNames={{ label: classes['readers'] ?? '' }}
        label={visibleTo || intl.formatMessage({ id: 'record.comment' })}
        aria-label={intl.formatMessage({ id: 'record.comment' })}
        placeholder={intl.formatMessage({ id: 'record.commentHere' })}
        value={written}
        onChange={(event) => write(event.currentTarget.value, draft?.refused)}
        onKeyDown={onKeyDown}
        autosize
        minRows={1}
        maxRows={8}
        maxLength={20_000}
        error={draft?.refused && problemText(draft.refused)}
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
