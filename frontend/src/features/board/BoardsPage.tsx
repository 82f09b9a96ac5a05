import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { type CrmRecord, text, useMay, useRecords, useSyncState } from '../../api/hooks.ts';
import { PageMenu } from '../../records/PageMenu.tsx';
import { nameOf } from '../../records/people.ts';
import { useReaders } from '../../records/readers.ts';
import { stagesOf } from '../../records/stages.ts';
import { VisibleTo } from '../../records/VisibleTo.tsx';
import { EmptyState, PageHead, Skeletons } from '../../ui/index.ts';
import { Part } from '../../ui/part.tsx';
import classes from './Board.module.css';
import { newBoard } from './dialogs.ts';

/** All boards that one may see. */
export function BoardsPage() {
  const intl = useIntl();
  const boards = useRecords('board');
  const mayCreate = useMay('create:board');
  const withdrawn = useSyncState((state) => state.withdrawn);
  const [creating, setCreating] = useState(false);
  const begin = { label: intl.formatMessage({ id: 'board.newBoard' }), onPress: () => setCreating(true) };
  return (
    <>
      <PageHead title={intl.formatMessage({ id: 'board.boards' })}>
        {mayCreate && <Button onClick={begin.onPress}>{begin.label}</Button>}
        <PageMenu />
      </PageHead>
      {withdrawn && (
        <Skeletons>
          <p />
        </Skeletons>
      )}
      {boards.length === 0 && !withdrawn && (
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
      {creating && <Part of={newBoard} with={{ onClose: () => setCreating(false) }} />}
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
            { style: 'narrow' },
          )}
        </span>
        <span>
          <VisibleTo record={board} readers={readers} />
        </span>
      </Link>
    </li>
  );
}
