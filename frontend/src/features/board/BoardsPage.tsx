import { Button, Modal, Select, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useCommand, useMay, useRecords } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { newId } from '../../lib/ulid.ts';
import { PageMenu } from '../../records/PageMenu.tsx';
import { nameOf, useName } from '../../records/people.ts';
import { useReaders } from '../../records/readers.ts';
import { stagesOf } from '../../records/stages.ts';
import { VisibleTo } from '../../records/VisibleTo.tsx';
import { EmptyState, PageHead, useProblemText } from '../../ui/index.ts';
import classes from './Board.module.css';
import form from './MoveSheet.module.css';

/** All boards that one may see. */
export function BoardsPage() {
  const intl = useIntl();
  const boards = useRecords('board');
  const mayCreate = useMay('create:board');
  const [creating, setCreating] = useState(false);
  const begin = { label: intl.formatMessage({ id: 'board.newBoard' }), onPress: () => setCreating(true) };
  return (
    <>
      <PageHead title={intl.formatMessage({ id: 'board.boards' })}>
        {mayCreate && <Button onClick={begin.onPress}>{begin.label}</Button>}
        <PageMenu />
      </PageHead>
      {boards.length === 0 && (
        <EmptyState
          sentence={intl.formatMessage({ id: mayCreate ? 'board.noneYet' : 'board.noneShared' })}
          verb={mayCreate ? begin : undefined}
        />
      )}
      <ul className={classes['list']}>
        {boards.map((board) => (
          <BoardEntry key={board.id} board={board} />
        ))}
      </ul>
      {creating && <NewBoard onClose={() => setCreating(false)} />}
    </>
  );
}

function BoardEntry({ board }: { board: CrmRecord }) {
  const intl = useIntl();
  const readers = useReaders(board);
  const pipelines = useRecords('pipeline');
  const pipeline = pipelines.find(({ id }) => id === text(board, 'pipelineId'));
  return (
    <li>
      <Link to="/boards/$boardId" params={{ boardId: board.id }} search={{}}>
        <b>{nameOf(board)}</b>
        <span className="soft">
          {intl.formatList(
            stagesOf(pipeline).map((stage) => stage.name),
            { type: 'unit' },
          )}
        </span>
        <span>
          <VisibleTo record={board} readers={readers} />
        </span>
      </Link>
    </li>
  );
}

function NewBoard({ onClose }: { onClose(): void }) {
  const intl = useIntl();
  const run = useCommand();
  const problemText = useProblemText();
  const pipelines = useRecords('pipeline');
  const departments = useRecords('department');
  const [name, setName] = useState('');
  const [pipelineId, setPipeline] = useState<string | null>(pipelines[0]?.id ?? null);
  const [departmentId, setDepartment] = useState<string | null>(departments[0]?.id ?? null);
  const [problem, setProblem] = useState<Problem>();
  const department = useName(departmentId ?? undefined);
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    const label = intl.formatMessage({ id: 'board.boardAdded' }, { board: name });
    const outcome = await run({
      name: 'board.create',
      args: { id: newId(), name, pipelineId, departmentId },
      label,
      refusal: 'caller',
    });
    if (outcome.ok) onClose();
    else setProblem(outcome.problem);
  };
  const options = (records: readonly CrmRecord[]) => records.map((record) => ({ value: record.id, label: nameOf(record) }));
  return (
    <Modal
      opened
      onClose={onClose}
      title={intl.formatMessage({ id: 'board.newBoard' })}
      closeButtonProps={{ 'aria-label': intl.formatMessage({ id: 'ui.close' }) }}
    >
      <form className={form['asks']} onSubmit={(event) => void onSubmit(event)}>
        <TextInput
          label={intl.formatMessage({ id: 'board.name' })}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          maxLength={200}
          data-autofocus
        />
        <Select
          label={intl.formatMessage({ id: 'board.pipeline' })}
          data={options(pipelines)}
          value={pipelineId}
          onChange={setPipeline}
          required
        />
        <Select
          label={intl.formatMessage({ id: 'board.department' })}
          description={department && intl.formatMessage({ id: 'board.departmentWhy' }, { department })}
          data={options(departments)}
          value={departmentId}
          onChange={setDepartment}
          required
        />
        {problem && (
          <p role="alert" className={form['why']}>
            {problemText(problem)}
          </p>
        )}
        <div className={form['verbs']}>
          <Button type="submit">
            <FormattedMessage id="board.create" />
          </Button>
        </div>
      </form>
    </Modal>
  );
}
