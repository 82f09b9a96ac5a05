import { IconBan } from '@tabler/icons-react';
import { memo, type RefObject, useRef } from 'react';
import { FormattedMessage } from 'react-intl';
import { Virtualizer } from 'virtua';
import type { CrmRecord } from '../../api/hooks.ts';
import type { MoveRight } from '../../records/moveRight.ts';
import { Card, type CardProps } from './Card.tsx';
import classes from './Column.module.css';
import { ColumnHead } from './ColumnHead.tsx';
import { type Column as ColumnData, shareOf, type Totals } from './columns.ts';
import { QuickAdd } from './QuickAdd.tsx';
import { useColumnDrop } from './useColumnDrop.ts';

export interface ColumnProps extends Pick<CardProps, 'today' | 'onOpen' | 'onMove' | 'onFocus'> {
  readonly column: ColumnData;
  /** The deals that pass the filter. */
  readonly deals: readonly CrmRecord[];
  readonly board: Totals;
  readonly currency: string;
  readonly now: number;
  /** The card that has the focus, and the one in the hand: both stay mounted wherever the list is scrolled to. */
  readonly focusId: string;
  readonly inHandId: string;
  readonly openId: string;
  readonly heldBy: ReadonlyMap<string, string>;
  readonly right: MoveRight;
  /** Why the card in the hand cannot be dropped here; '' where it can, or when there is none. */
  readonly barred: string;
  /** Where a new deal begins. */
  readonly pipelineId: string;
  readonly departmentId: string;
  readonly mayCreate: boolean;
  /** Leads to the line for a new deal. */
  readonly line?: RefObject<HTMLInputElement | null> | undefined;
}

/** A card's height until it is measured; near enough that the scrollbar does not jump. */
const cardHeight = 124;
const beyondView = 120;

/** A stage as a labelled region of which only the visible part is in the page. */
export const Column = memo(function Column(props: ColumnProps) {
  const { column, deals, board, currency, now, today, focusId, openId, inHandId, heldBy, right, barred } = props;
  const { stage, totals } = column;
  const region = useRef<HTMLElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const over = useColumnDrop(region, list, stage.id, barred !== '');
  const kept = [focusId, inHandId].map((id) => deals.findIndex((deal) => deal.id === id)).filter((index) => index >= 0);
  const tabStop = deals.some((deal) => deal.id === focusId) ? focusId : deals[0]?.id;
  // A new deal comes last; whoever wrote it wants to see it.
  const showLast = () => requestAnimationFrame(() => list.current?.scrollTo({ top: list.current.scrollHeight }));
  const headId = `column-${stage.id}`;
  return (
    <section
      ref={region}
      className={classes['column']}
      aria-labelledby={headId}
      tabIndex={-1}
      data-over={over || undefined}
      data-barred={barred !== '' || undefined}
      data-stage={stage.id}
    >
      <ColumnHead
        id={headId}
        name={stage.name}
        totals={totals}
        shown={deals.length}
        share={shareOf(totals, board, currency)}
        currency={currency}
      />
      {barred && (
        <p className={classes['barred']}>
          <IconBan size={16} stroke={1.7} aria-hidden="true" />
          {barred}
        </p>
      )}
      {props.mayCreate && stage.kind === 'open' && (
        <QuickAdd
          place={{ pipelineId: props.pipelineId, stageId: stage.id, departmentId: props.departmentId }}
          stageName={stage.name}
          input={props.line}
          onOpen={props.onOpen}
          onAdded={showLast}
        />
      )}
      <div ref={list} className={classes['list']}>
        <Virtualizer scrollRef={list} data={deals} itemSize={cardHeight} bufferSize={beyondView} keepMounted={kept}>
          {(deal) => (
            <div key={deal.id} className={classes['slot']}>
              <Card
                deal={deal}
                stage={stage}
                now={now}
                today={today}
                tabStop={deal.id === tabStop}
                open={deal.id === openId}
                heldBy={heldBy.get(deal.id) ?? ''}
                inHand={deal.id === inHandId}
                draggable={right.some}
                mayMove={right.of(deal)}
                barred={barred !== ''}
                onOpen={props.onOpen}
                onMove={props.onMove}
                onFocus={props.onFocus}
              />
            </div>
          )}
        </Virtualizer>
        {deals.length === 0 && (
          <p className={classes['empty']}>
            <FormattedMessage id={totals.count === 0 ? 'board.columnEmpty' : 'board.columnFiltered'} />
          </p>
        )}
      </div>
    </section>
  );
});
