import { useIntl } from 'react-intl';
import classes from './Board.module.css';
import type { Column } from './columns.ts';

/** On a phone: one column at a time, the stages as tabs. */
export function StageTabs({
  columns,
  chosen,
  onChoose,
}: {
  columns: readonly Column[];
  chosen: string;
  onChoose(stageId: string): void;
}) {
  const intl = useIntl();
  const step = (by: number) => {
    const at = columns.findIndex(({ stage }) => stage.id === chosen) + by;
    const next = columns[Math.max(0, Math.min(columns.length - 1, at))];
    if (!next) return;
    onChoose(next.stage.id);
    document.getElementById(`tab-${next.stage.id}`)?.focus();
  };
  return (
    <div className={classes['tabs']} role="tablist" aria-label={intl.formatMessage({ id: 'board.stages' })}>
      {columns.map(({ stage, totals }) => (
        <button
          key={stage.id}
          id={`tab-${stage.id}`}
          type="button"
          role="tab"
          aria-selected={stage.id === chosen}
          aria-controls="board-columns"
          tabIndex={stage.id === chosen ? 0 : -1}
          onClick={() => onChoose(stage.id)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowRight') step(1);
            if (event.key === 'ArrowLeft') step(-1);
          }}
        >
          {stage.name} <span className="num">{intl.formatNumber(totals.count)}</span>
        </button>
      ))}
    </div>
  );
}
