import { Button } from '@mantine/core';
import { useEffect, useId, useRef } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { text, useRecords } from '../../api/hooks.ts';
import type { Invitation } from '../../api/wire.ts';
import { ErrorState, Skeletons, useProblemText } from '../../ui/index.ts';
import classes from './members.module.css';
import { useInvitations } from './useInvitations.ts';

/** The invitations nobody has used yet, each with the way to end it; nothing at all when there is none. */
export function OpenInvitations({ made }: { made: number }) {
  const intl = useIntl();
  const problemText = useProblemText();
  const { invitations, problem, refusal, busy, withdrawn, reload, withdraw } = useInvitations(made);
  const heading = useId();
  const meaning = useId();
  const notice = useRef<HTMLParagraphElement>(null);

  // The pressed button is gone: the focus would fall to the top of the page.
  useEffect(() => {
    if (withdrawn) notice.current?.focus();
  }, [withdrawn]);

  if (!invitations && !problem) return <Skeletons>{null}</Skeletons>;
  if (!problem && !refusal && !withdrawn && invitations?.length === 0) return null;
  return (
    <section aria-labelledby={heading}>
      <h2 id={heading}>
        <FormattedMessage id="members.open" />
      </h2>
      {withdrawn && (
        <p role="status" ref={notice} tabIndex={-1}>
          <FormattedMessage id="members.withdrawn" values={{ name: nameOf(withdrawn) }} />
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
      {invitations && invitations.length > 0 && (
        <>
          <p id={meaning} className="soft">
            <FormattedMessage id="members.withdrawMeans" />
          </p>
          <ul className={classes['people']}>
            {invitations.map((invitation) => (
              <InvitationRow
                key={invitation.id}
                invitation={invitation}
                meaning={meaning}
                busy={busy === invitation.id}
                onWithdraw={() => withdraw(invitation)}
              />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

interface InvitationRowProps {
  readonly invitation: Invitation;
  /** Id of the sentence that says what withdrawing means. */
  readonly meaning: string;
  readonly busy: boolean;
  onWithdraw(): void;
}

function InvitationRow({ invitation, meaning, busy, onWithdraw }: InvitationRowProps) {
  const intl = useIntl();
  const departments = useRecords('department');
  const { email, name, departmentId, role, expiresAt } = invitation;
  const department = departments.find(({ id }) => id === departmentId);
  const ended = Date.parse(expiresAt) <= Date.now();
  const until = intl.formatDate(expiresAt, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <li className={classes['person']}>
      <span className={classes['name']}>
        <b>{nameOf(invitation)}</b>
        {name && <small className="soft">{email}</small>}
        <small className="soft">
          {[text(department, 'name'), intl.formatMessage({ id: `members.role_${role}` })].filter(Boolean).join(' · ')}
        </small>
        <small className="soft">
          <FormattedMessage id={ended ? 'members.openEnded' : 'members.openUntil'} values={{ until }} />
        </small>
      </span>
      <Button
        variant="default"
        loading={busy}
        onClick={onWithdraw}
        aria-label={intl.formatMessage({ id: 'members.withdrawOne' }, { name: nameOf(invitation) })}
        aria-describedby={meaning}
      >
        <FormattedMessage id="members.withdraw" />
      </Button>
    </li>
  );
}

function nameOf({ name, email }: Invitation): string {
  return name || email;
}
