import { Button } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { FormattedMessage, useIntl } from 'react-intl';
import { text } from '../../api/hooks.ts';
import { useName } from '../../records/people.ts';
import type { Stage } from '../../records/stages.ts';
import { RelativeDate, useReasonText } from '../../ui/index.ts';
import classes from './Board.module.css';
import type { RefusedMove } from './useMoveDeal.ts';

/** Says who, what and why when a move was not made; after a conflict both values, and the choice between them. */
export function RefusedMoveNotice({
  refused,
  stages,
  onKeep,
  onAnyway,
}: {
  refused: RefusedMove;
  stages: readonly Stage[];
  onKeep(): void;
  onAnyway(): void;
}) {
  const intl = useIntl();
  const reasonText = useReasonText();
  const { deal, target, problem } = refused;
  const current = problem.code === 'conflict' ? problem.current : undefined;
  const who = useName(problem.params?.['by']);
  const stageName = (id: unknown) => stages.find((stage) => stage.id === id)?.name ?? '';
  const mine = stageName(target.stageId);
  return (
    <div className={classes['refused']} role="alert">
      <IconArrowBackUp size={18} aria-hidden="true" />
      <div>
        <b>{text(deal, 'title')}</b>{' '}
        {current ? (
          <FormattedMessage
            id="board.conflict"
            values={{
              who: who || intl.formatMessage({ id: 'ui.somebody' }),
              when: <RelativeDate key="when" at={String(current.f['stageSince'] ?? current.f['updatedAt'] ?? '')} />,
              theirs: stageName(current.f['stageId']),
              mine,
            }}
          />
        ) : (
          <FormattedMessage
            id={target.stageId === text(deal, 'stageId') ? 'board.stays' : 'board.refused'}
            values={{ stage: mine, why: reasonText(problem) }}
          />
        )}
      </div>
      <div className={classes['verbs']}>
        {current && (
          <Button variant="default" onClick={onAnyway}>
            <FormattedMessage id="board.moveAnyway" values={{ stage: mine }} />
          </Button>
        )}
        <Button onClick={onKeep}>
          <FormattedMessage id={current ? 'board.keepTheirs' : 'board.understood'} />
        </Button>
      </div>
    </div>
  );
}
