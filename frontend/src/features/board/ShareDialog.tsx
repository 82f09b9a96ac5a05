import { Button, Checkbox, Group, Modal, Select } from '@mantine/core';
import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useCommand, useRecords } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { sameJson } from '../../lib/equal.ts';
import { nameOf, useName } from '../../records/people.ts';
import { type Share, shareableGroups, sharesOf } from '../../records/shares.ts';
import { useProblemText } from '../../ui/index.ts';
import classes from './MoveSheet.module.css';

const actions = ['comment', 'move', 'edit'] as const;

/** Who sees a board, what of it, and what they may do there. */
export function ShareDialog({ board, onClose }: { board: CrmRecord; onClose(): void }) {
  const intl = useIntl();
  const run = useCommand();
  const rules = useRecords('rule');
  const departments = useRecords('department');
  const [chosen, setChosen] = useState<string | null>(null);
  const [refused, setRefused] = useState<{ departmentId: string; problem: Problem }>();
  const [givingTo, setGivingTo] = useState('');
  const shares = sharesOf(board.id, rules);
  const own = text(board, 'departmentId');
  const others = departments.filter(({ id }) => id !== own);

  const shareWith = (id: string | null) => shares.find(({ departmentId }) => departmentId === id);
  const give = async (name: 'board.share' | 'board.unshare', departmentId: string, more: object = {}) => {
    setRefused(undefined);
    setGivingTo(departmentId);
    const was = termsOf(shareWith(departmentId));
    const outcome = await run({
      name,
      args: { boardId: board.id, departmentId, was, ...more },
      label: intl.formatMessage(
        { id: name === 'board.share' ? 'board.sharedLabel' : 'board.unsharedLabel' },
        { board: nameOf(board) },
      ),
      refusal: 'caller',
    });
    setGivingTo('');
    if (outcome.ok) setChosen((now) => (now === departmentId ? null : now));
    else setRefused({ departmentId, problem: outcome.problem });
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={intl.formatMessage({ id: 'board.shareTitle' }, { board: nameOf(board) })}
      closeButtonProps={{ 'aria-label': intl.formatMessage({ id: 'ui.close' }) }}
    >
      <ul className={classes['people']}>
        <OwnDepartment id={own} />
        {shares.map((share) => (
          <SharedWith
            key={share.departmentId}
            share={share}
            onChange={() => setChosen(share.departmentId)}
            onEnd={() => {
              setChosen(null);
              void give('board.unshare', share.departmentId);
            }}
          />
        ))}
      </ul>
      {refused && refused.departmentId !== chosen && <ProblemText problem={refused.problem} />}
      <Select
        mt="md"
        label={intl.formatMessage({ id: 'board.shareWith' })}
        data={others.map((department) => ({ value: department.id, label: nameOf(department) }))}
        value={chosen}
        onChange={setChosen}
        searchable
      />
      {chosen && (
        <Terms
          key={chosen}
          share={shareWith(chosen)}
          giving={givingTo === chosen}
          problem={refused?.departmentId === chosen ? refused.problem : undefined}
          onShare={(terms) => void give('board.share', chosen, terms)}
        />
      )}
    </Modal>
  );
}

function ProblemText({ problem }: { problem: Problem }) {
  const problemText = useProblemText();
  return (
    <p role="alert" className={classes['why']}>
      {problemText(problem)}
    </p>
  );
}

function OwnDepartment({ id }: { id: string }) {
  return (
    <li>
      <b>{useName(id)}</b>{' '}
      <span className="soft">
        <FormattedMessage id="board.ownDepartment" />
      </span>
    </li>
  );
}

function SharedWith({ share, onChange, onEnd }: { share: Share; onChange(): void; onEnd(): void }) {
  const intl = useIntl();
  const name = useName(share.departmentId);
  const without = shareableGroups
    .filter((group) => !share.groups.includes(group))
    .map((group) => intl.formatMessage({ id: `record.group.${group}` }));
  return (
    <li>
      <Group justify="space-between" wrap="nowrap">
        <span>
          <b>{name}</b>{' '}
          {without.length > 0 && (
            <span className="soft">
              <FormattedMessage id="board.without" values={{ list: intl.formatList(without, { type: 'disjunction' }) }} />
            </span>
          )}
        </span>
        <Group gap="xs" wrap="nowrap">
          <Button variant="default" size="xs" onClick={onChange}>
            <FormattedMessage id="board.change" />
          </Button>
          <Button variant="default" size="xs" onClick={onEnd}>
            <FormattedMessage id="board.unshare" />
          </Button>
        </Group>
      </Group>
    </li>
  );
}

/** What a department has, as commands say it. */
function termsOf(share: Share | undefined) {
  return { fields: [...(share?.groups ?? [])].sort(), actions: [...(share?.actions ?? [])].sort() };
}

interface TermsProps {
  /** What the department has at present. */
  readonly share: Share | undefined;
  /** Whether the own terms are on their way: what changes then may be them. */
  readonly giving: boolean;
  readonly problem: Problem | undefined;
  onShare(terms: { fields: readonly string[]; actions: string[] }): void;
}

function Terms({ share, giving, problem, onShare }: TermsProps) {
  const intl = useIntl();
  const [base] = useState(() => termsOf(share));
  // Names, stages, dates and owners always go along; the rest is a choice that begins with "no".
  const [fields, setFields] = useState(base.fields);
  const [acts, setActs] = useState(base.actions.filter((action) => action !== 'see'));
  const overtaken = !giving && !sameJson(base, termsOf(share));
  return (
    <div className={classes['asks']}>
      <Checkbox.Group mt="md" label={intl.formatMessage({ id: 'board.shareFields' })} value={[...fields]} onChange={setFields}>
        {shareableGroups.map((group) => (
          <Checkbox key={group} mt="xs" value={group} label={intl.formatMessage({ id: `record.group.${group}` })} />
        ))}
      </Checkbox.Group>
      <Checkbox.Group label={intl.formatMessage({ id: 'board.shareActions' })} value={[...acts]} onChange={setActs}>
        {actions.map((action) => (
          <Checkbox key={action} mt="xs" value={action} label={intl.formatMessage({ id: `board.action.${action}` })} />
        ))}
      </Checkbox.Group>
      {overtaken && <PresentTerms share={share} />}
      {problem && !(overtaken && problem.code === 'conflict') && <ProblemText problem={problem} />}
      <div className={classes['verbs']}>
        <Button onClick={() => onShare({ fields, actions: ['see', ...acts] })}>
          <FormattedMessage id="board.share.verb" />
        </Button>
      </div>
    </div>
  );
}

/** What somebody else has made of the share while this person was choosing. */
function PresentTerms({ share }: { share: Share | undefined }) {
  const intl = useIntl();
  const ticked = [
    ...(share?.groups ?? []).map((group) => intl.formatMessage({ id: `record.group.${group}` })),
    ...actions
      .filter((action) => share?.actions.includes(action))
      .map((action) => intl.formatMessage({ id: `board.action.${action}` })),
  ];
  const state = share ? (ticked.length > 0 ? 'some' : 'least') : 'none';
  return (
    <p role="alert" className={classes['why']}>
      <FormattedMessage id="board.termsNow" values={{ state, list: ticked.join(' · ') }} />
    </p>
  );
}
