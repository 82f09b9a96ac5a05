import { Button } from '@mantine/core';
import { useEffect, useId, useRef } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { text, useRecords } from '../../api/hooks.ts';
import type { OpenLink } from '../../api/wire.ts';
import { serverNow } from '../../lib/clock.ts';
import { useNameOf } from '../../records/people.ts';
import { ErrorState, Skeletons, useProblemText } from '../../ui/index.ts';
import classes from './members.module.css';
import { useOpenLinks } from './useOpenLinks.ts';

/** The links nobody has used yet, each with the way to end it; nothing at all when there is none. */
export function OpenLinks({ made }: { made: number }) {
  const intl = useIntl();
  const problemText = useProblemText();
  const { links, problem, refusal, busy, withdrawn, reload, withdraw } = useOpenLinks(made);
  const words = useWords();
  const heading = useId();
  const meaning = useId();
  const notice = useRef<HTMLParagraphElement>(null);

  // The pressed button is gone: the focus would fall to the top of the page.
  useEffect(() => {
    if (withdrawn) notice.current?.focus();
  }, [withdrawn]);

  if (!links && !problem) return <Skeletons>{null}</Skeletons>;
  if (!problem && !refusal && !withdrawn && links?.length === 0) return null;
  return (
    <section aria-labelledby={heading}>
      <h2 id={heading}>
        <FormattedMessage id="members.open" />
      </h2>
      {withdrawn && (
        <p role="status" ref={notice} tabIndex={-1}>
          {words('members.withdrawn', withdrawn)}
        </p>
      )}
      {refusal && (
        <p role="alert" className={classes['problem']}>
          {problemText(refusal)}
        </p>
      )}
      {problem && (
        <ErrorState
          sentence={problemText(problem)}
          verb={{ label: intl.formatMessage({ id: 'members.tryAgain' }), onPress: reload }}
        />
      )}
      {links && links.length > 0 && (
        <>
          <p id={meaning} className="soft">
            <FormattedMessage id="members.withdrawMeans" />
          </p>
          <ul className={classes['people']}>
            {links.map((link) => (
              <LinkRow key={link.id} link={link} meaning={meaning} busy={busy === link.id} onWithdraw={() => withdraw(link)} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

interface LinkRowProps {
  readonly link: OpenLink;
  /** Id of the sentence that says what withdrawing means. */
  readonly meaning: string;
  readonly busy: boolean;
  onWithdraw(): void;
}

function LinkRow({ link, meaning, busy, onWithdraw }: LinkRowProps) {
  const intl = useIntl();
  const forWhom = useForWhom();
  const words = useWords();
  const departments = useRecords('department');
  const { kind, email, name, departmentId, role, expiresAt } = link;
  const department = departments.find(({ id }) => id === departmentId);
  const ended = Date.parse(expiresAt) <= serverNow();
  const until = intl.formatDate(expiresAt, { dateStyle: 'medium', timeStyle: 'short' });
  const isFor = [
    intl.formatMessage({ id: kind === 'reset' ? 'members.isReset' : 'members.isInvite' }),
    text(department, 'name'),
    role && intl.formatMessage({ id: `members.role_${role}` }),
  ];
  return (
    <li className={classes['person']}>
      <span className={classes['name']}>
        <b>{forWhom(link)}</b>
        {name && <small className="soft">{email}</small>}
        <small className="soft">{isFor.filter(Boolean).join(' · ')}</small>
        <small className="soft">
          <FormattedMessage id={ended ? 'members.openEnded' : 'members.openUntil'} values={{ until }} />
        </small>
      </span>
      <Button
        variant="default"
        loading={busy}
        onClick={onWithdraw}
        aria-label={words('members.withdrawOne', link)}
        aria-describedby={meaning}
      >
        <FormattedMessage id="members.withdraw" />
      </Button>
    </li>
  );
}

/** Who is to use a link. */
function useForWhom(): (link: OpenLink) => string {
  const nameOf = useNameOf();
  return ({ name, email, userId }) => name || email || nameOf(userId ?? '');
}

/** A sentence about a link, which names whom it is for and, by its kind, what for. */
function useWords(): (id: string, link: OpenLink) => string {
  const intl = useIntl();
  const forWhom = useForWhom();
  return (id, link) => intl.formatMessage({ id }, { kind: link.kind, name: forWhom(link) });
}
