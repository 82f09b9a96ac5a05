import { useIntl } from 'react-intl';
import { type BoardState, useBoard, useLive } from '../../api/hooks.ts';
import { ErrorState, NoAccess, OfflineState, Skeletons, useProblemText } from '../../ui/index.ts';
import classes from './Board.module.css';
import { Board } from './Board.tsx';
import type { BoardPageProps } from './boardPageProps.ts';

/** A board, or the reason why there is none to see. */
export function BoardPage(props: BoardPageProps) {
  const state = useBoard(props.boardId);
  // The board's record leaves this screen with the rule that showed it.
  if (state.status === 'ready' && state.board && state.pipeline) return <Board key={props.boardId} state={state} {...props} />;
  return <NoBoard state={state} />;
}

function NoBoard({ state }: { state: BoardState }) {
  const intl = useIntl();
  const problemText = useProblemText();
  const { state: live } = useLive();
  const again = { label: intl.formatMessage({ id: 'board.tryAgain' }), onPress: state.reload };
  if (state.status === 'loading') {
    if (live === 'offline') return <OfflineState sentence={intl.formatMessage({ id: 'board.offline' })} verb={again} />;
    return (
      <Skeletons>
        <div className={classes['columns']}>
          {[0, 1, 2, 3].map((column) => (
            <div key={column} className={classes['skeleton']} />
          ))}
        </div>
      </Skeletons>
    );
  }
  if (state.status === 'failed') {
    const why = state.problem ? problemText(state.problem) : intl.formatMessage({ id: 'board.failed' });
    return state.problem?.code === 'unreachable' ? (
      <OfflineState sentence={why} verb={again} />
    ) : (
      <ErrorState sentence={why} verb={again} />
    );
  }
  return <NoAccess sentence={intl.formatMessage({ id: 'board.noAccess' })} />;
}
