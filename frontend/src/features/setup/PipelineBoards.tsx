import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useCommand, useReach, useRecords } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { newId } from '../../lib/ulid.ts';
import { nameOf } from '../../records/people.ts';
import { useProblemText } from '../../ui/index.ts';
import classes from './setup.module.css';

/** Where the deals of a saved pipeline are seen: without a board nobody works with it. */
export function PipelineBoards({ pipeline }: { pipeline: CrmRecord }) {
  const intl = useIntl();
  const run = useCommand();
  const problemText = useProblemText();
  const [problem, setProblem] = useState<Problem>();
  const showsIt = useCallback((board: CrmRecord) => text(board, 'pipelineId') === pipeline.id, [pipeline.id]);
  const boards = useRecords('board', showsIt);
  const departmentId = text(pipeline, 'departmentId');
  const mayCreate = useReach('create:board').departments.includes(departmentId);
  const create = async () => {
    const outcome = await run({
      name: 'board.create',
      args: { id: newId(), name: nameOf(pipeline), pipelineId: pipeline.id, departmentId },
      label: intl.formatMessage({ id: 'setup.boardMade' }, { name: nameOf(pipeline) }),
      refusal: 'caller',
    });
    setProblem(outcome.ok ? undefined : outcome.problem);
  };
  return (
    <section className={classes['section']} aria-labelledby="pipeline-boards">
      <h2 id="pipeline-boards">
        <FormattedMessage id="setup.boards" />
      </h2>
      {boards.length > 0 ? (
        <ul className={classes['links']}>
          {boards.map((board) => (
            <li key={board.id}>
              <Link to="/boards/$boardId" params={{ boardId: board.id }} search={{}}>
                {nameOf(board)}
              </Link>
            </li>
          ))}
        </ul>
      ) : (
        <p className="soft">
          <FormattedMessage id="setup.boardsNone" />
        </p>
      )}
      {boards.length === 0 && mayCreate && (
        <div>
          <Button variant="default" onClick={() => void create()}>
            <FormattedMessage id="setup.makeBoard" />
          </Button>
        </div>
      )}
      {problem && (
        <p role="alert" className={classes['problem']}>
          {problemText(problem)}
        </p>
      )}
    </section>
  );
}
