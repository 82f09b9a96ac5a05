import { useMediaQuery } from '@mantine/hooks';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useIntl } from 'react-intl';
import { type BoardState, text, useMay, useRecord, useWatch, useWorkspace } from '../../api/hooks.ts';
import { dateIn } from '../../lib/dates.ts';
import { useMoveRight } from '../../records/moveRight.ts';
import { useMinute } from '../../records/useRecent.ts';
import { useWorksOn } from '../../records/useWorksOn.ts';
import { useProblemText } from '../../ui/index.ts';
import { Part } from '../../ui/part.tsx';
import classes from './Board.module.css';
import { BoardHead } from './BoardHead.tsx';
import { boardKeys } from './boardKeys.ts';
import type { BoardPageProps } from './boardPageProps.ts';
import { Column } from './Column.tsx';
import { moveSheet, shareDialog } from './dialogs.ts';
import { GoneNotice, useGone } from './GoneNotice.tsx';
import { RefusedMoveNotice } from './RefusedMoveNotice.tsx';
import { StageTabs } from './StageTabs.tsx';
import { type BoardModel, useBoardModel, useHolders, useNewDemands } from './useBoard.ts';
import { type Sheet, useBoardMoves } from './useBoardMoves.ts';
import { useCardFocus, useLostKeys } from './useCardFocus.ts';
import { useBoardDrag } from './useColumnDrop.ts';

/** The board itself: head, columns, and what is asked or said about moves. */
export function Board({ state, boardId, openDealId = '', onOpenDeal }: BoardPageProps & { state: BoardState }) {
  const intl = useIntl();
  const page = useRef<HTMLDivElement>(null);
  const filterInput = useRef<HTMLInputElement>(null);
  const firstLine = useRef<HTMLInputElement>(null);
  const [filter, setFilter] = useState('');
  const [sharing, setSharing] = useState(false);
  const [aloud, setAloud] = useState('');
  useNewDemands(state);
  const model = useBoardModel(state, filter);
  const { columns, stages, totals, currency } = model;
  const { focusId, noticed, focusOn, lostBy } = useCardFocus(page, model.shown);
  const right = useMoveRight(state.board);
  const moves = useBoardMoves(model, right, setAloud, focusOn);
  const inHand = useBoardDrag(page, moves.drop);
  const barred = useBarred(inHand, model, moves.barred);
  const [gone, readGone] = useGoneFromHand(moves, inHand);
  useWatch({ boardId, holding: inHand });

  const mayCreate = useMayCreate(state.board);
  const { now, today } = useToday();
  const heldBy = useHolders();
  const { phone, chosen, choose, visible } = useTabs(columns);
  const onMove = useCallback((dealId: string) => moves.openSheet({ dealId }), [moves.openSheet]);
  const onKeyDown = boardKeys(model, right.some, {
    filterInput,
    focusOn,
    onOpen: onOpenDeal,
    onSheet: onMove,
    onMove: moves.request,
    onCreate: () => firstLine.current?.focus(),
  });
  useLostKeys(lostBy, onKeyDown);
  if (!state.board) return null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears the keys of its cards
    <div ref={page} className={classes['page']} onKeyDown={({ nativeEvent }) => onKeyDown(nativeEvent)}>
      <BoardHead
        board={state.board}
        totals={totals}
        currency={currency}
        filter={filter}
        filterInput={filterInput}
        onFilter={setFilter}
        onNewDeal={mayCreate ? () => firstLine.current?.focus() : undefined}
        onShare={() => setSharing(true)}
      />
      {phone && <StageTabs columns={columns} chosen={chosen} onChoose={choose} />}
      {gone && <GoneNotice name={gone} onRead={readGone} />}
      {moves.refused && (
        <RefusedMoveNotice refused={moves.refused} stages={stages} onKeep={moves.keepTheirs} onAnyway={moves.insist} />
      )}
      <div
        id="board-columns"
        className={classes['columns']}
        {...(phone && { role: 'tabpanel', 'aria-labelledby': `tab-${chosen}` })}
      >
        {visible.map((column, index) => (
          <Column
            key={column.stage.id}
            column={column}
            deals={model.shown.get(column.stage.id) ?? []}
            board={totals}
            currency={currency}
            now={now}
            today={today}
            focusId={focusId}
            openId={openDealId}
            inHandId={inHand}
            heldBy={heldBy}
            right={right}
            barred={barred.get(column.stage.id) ?? ''}
            onOpen={onOpenDeal}
            onMove={onMove}
            onFocus={noticed}
            pipelineId={text(state.board, 'pipelineId')}
            departmentId={text(state.board, 'departmentId')}
            mayCreate={mayCreate}
            line={index === 0 ? firstLine : undefined}
          />
        ))}
      </div>
      {moves.sheet && <SheetFor sheet={moves.sheet} model={model} moves={moves} />}
      {sharing && <Part of={shareDialog} with={{ board: state.board, onClose: () => setSharing(false) }} />}
      <p className="visually-hidden" role="status" aria-label={intl.formatMessage({ id: 'board.announcements' })}>
        {aloud}
      </p>
    </div>
  );
}

function useMayCreate(board: BoardState['board']): boolean {
  const here = useWorksOn(board, 'create');
  return useMay('create:deal') && here;
}

/** The name of the deal that went while it was in the hand or in the sheet, which closes. */
function useGoneFromHand({ sheet, openSheet }: Moves, inHand: string) {
  const closeSheet = useCallback(() => openSheet(undefined), [openSheet]);
  return useGone(sheet?.dealId ?? inHand, closeSheet);
}

/** On a phone one column at a time is seen, by its tab. */
function useTabs(columns: BoardModel['columns']) {
  const phone = useMediaQuery('(max-width: 640px)', undefined, { getInitialValueInEffect: false });
  const [tab, choose] = useState('');
  const chosen = columns.some(({ stage }) => stage.id === tab) ? tab : (columns[0]?.stage.id ?? '');
  const visible = phone ? columns.filter(({ stage }) => stage.id === chosen) : columns;
  return { phone, chosen, choose, visible };
}

/** The time to the minute, and the day that it is in the company. */
function useToday() {
  const { timeZone } = useWorkspace();
  const now = useMinute();
  return { now, today: dateIn(timeZone, now) };
}

/** By stage: why the card in the hand cannot go there. */
function useBarred(inHand: string, model: BoardModel, barred: Moves['barred']): ReadonlyMap<string, string> {
  const problemText = useProblemText();
  const deal = useRecord(inHand || undefined);
  return useMemo(() => {
    if (!deal) return new Map();
    return new Map(
      model.stages.flatMap((stage) => {
        const problem = barred(deal, stage);
        return problem ? [[stage.id, problemText(problem)] as const] : [];
      }),
    );
  }, [deal, model.stages, barred, problemText]);
}

type Moves = ReturnType<typeof useBoardMoves>;

function SheetFor({ sheet, model, moves }: { sheet: Sheet; model: BoardModel; moves: Moves }) {
  const deal = useRecord(sheet.dealId);
  const chosen = model.stages.find(({ id }) => id === sheet.target?.stageId);
  if (!deal) return null;
  return (
    <Part
      of={moveSheet}
      with={{
        deal,
        stages: model.stages,
        lostReasons: model.lostReasons,
        chosen,
        barred: (stage) => moves.barred(deal, stage),
        onMove: moves.answer,
        onClose: () => moves.openSheet(undefined),
      }}
    />
  );
}
