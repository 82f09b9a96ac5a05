import { Button, Checkbox, Group, Modal, Select } from '@mantine/core';
import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, useCommand, useRecords } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { sharedActions, type Watcher, watchersOf } from '../../records/audience.ts';
import { nameOf, useName } from '../../records/people.ts';
import { useProblemText } from '../../ui/index.ts';
import classes from './MoveSheet.module.css';

const groups = ['money', 'reach', 'notes'] as const;
const actions = ['comment', 'move', 'edit'] as const;

/** Who sees a board, what of it, and what they may do there. */
export function ShareDialog({ board, onClose }: { board: CrmRecord; onClose(): void }) {
  const intl = useIntl();
  const run = useCommand();
  const problemText = useProblemText();
  const rules = useRecords('rule');
  const departments = useRecords('department');
  const [chosen, setChosen] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem>();
  const watchers = watchersOf(board, rules);
  const others = departments.filter(({ id }) => !watchers.some((watcher) => watcher.departmentId === id && !watcher.shared));

  const give = async (name: 'board.share' | 'board.unshare', departmentId: string, more: object = {}) => {
    const outcome = await run({
      name,
      args: { boardId: board.id, departmentId, ...more },
      label: intl.formatMessage(
        { id: name === 'board.share' ? 'board.sharedLabel' : 'board.unsharedLabel' },
        { board: nameOf(board) },
      ),
      refusal: 'caller',
    });
    setProblem(outcome.ok ? undefined : outcome.problem);
    if (outcome.ok) setChosen(null);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={intl.formatMessage({ id: 'board.shareTitle' }, { board: nameOf(board) })}
      closeButtonProps={{ 'aria-label': intl.formatMessage({ id: 'ui.close' }) }}
    >
      <ul className={classes['people']}>
        {watchers.map((watcher) => (
          <SharedWith
            key={watcher.departmentId}
            watcher={watcher}
            onChange={() => setChosen(watcher.departmentId)}
            onEnd={() => void give('board.unshare', watcher.departmentId)}
          />
        ))}
      </ul>
      {problem && (
        <p role="alert" className={classes['why']}>
          {problemText(problem)}
        </p>
      )}
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
          watchers={watchers}
          boardId={board.id}
          departmentId={chosen}
          rules={rules}
          onShare={(terms) => void give('board.share', chosen, terms)}
        />
      )}
    </Modal>
  );
}

function SharedWith({ watcher, onChange, onEnd }: { watcher: Watcher; onChange(): void; onEnd(): void }) {
  const intl = useIntl();
  const name = useName(watcher.departmentId);
  const without = watcher.without.map((group) => intl.formatMessage({ id: `record.group.${group}` }));
  return (
    <li>
      <Group justify="space-between" wrap="nowrap">
        <span>
          <b>{name}</b>{' '}
          <span className="soft">
            {!watcher.shared && <FormattedMessage id="board.ownDepartment" />}
            {without.length > 0 && (
              <FormattedMessage id="board.without" values={{ list: intl.formatList(without, { type: 'disjunction' }) }} />
            )}
          </span>
        </span>
        {watcher.shared && (
          <Group gap="xs" wrap="nowrap">
            <Button variant="default" size="xs" onClick={onChange}>
              <FormattedMessage id="board.change" />
            </Button>
            <Button variant="default" size="xs" onClick={onEnd}>
              <FormattedMessage id="board.unshare" />
            </Button>
          </Group>
        )}
      </Group>
    </li>
  );
}

interface TermsProps {
  readonly watchers: readonly Watcher[];
  readonly boardId: string;
  readonly departmentId: string;
  readonly rules: readonly CrmRecord[];
  onShare(terms: { fields: string[]; actions: string[] }): void;
}

function Terms({ watchers, boardId, departmentId, rules, onShare }: TermsProps) {
  const intl = useIntl();
  const watcher = watchers.find((each) => each.departmentId === departmentId);
  // Names, stages, dates and owners always go along; the rest is a choice that begins with "no".
  const [fields, setFields] = useState<string[]>(watcher ? groups.filter((group) => !watcher.without.includes(group)) : []);
  const [acts, setActs] = useState<string[]>(sharedActions(boardId, departmentId, rules).filter((action) => action !== 'see'));
  return (
    <div className={classes['asks']}>
      <Checkbox.Group mt="md" label={intl.formatMessage({ id: 'board.shareFields' })} value={fields} onChange={setFields}>
        {groups.map((group) => (
          <Checkbox key={group} mt="xs" value={group} label={intl.formatMessage({ id: `record.group.${group}` })} />
        ))}
      </Checkbox.Group>
      <Checkbox.Group label={intl.formatMessage({ id: 'board.shareActions' })} value={acts} onChange={setActs}>
        {actions.map((action) => (
          <Checkbox key={action} mt="xs" value={action} label={intl.formatMessage({ id: `board.action.${action}` })} />
        ))}
      </Checkbox.Group>
      <div className={classes['verbs']}>
        <Button onClick={() => onShare({ fields, actions: ['see', ...acts] })}>
          <FormattedMessage id="board.share.verb" />
        </Button>
      </div>
    </div>
  );
}
