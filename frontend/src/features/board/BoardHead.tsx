import { Button, CloseButton, TextInput } from '@mantine/core';
import { IconFilter } from '@tabler/icons-react';
import type { RefObject } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, useMay } from '../../api/hooks.ts';
import { sumsText } from '../../records/Amount.tsx';
import { nameOf } from '../../records/people.ts';
import { useReaders } from '../../records/readers.ts';
import { VisibleTo } from '../../records/VisibleTo.tsx';
import { PageHead } from '../../ui/index.ts';
import classes from './Board.module.css';
import type { Totals } from './columns.ts';

/** The name of the board, what lies on it, who sees it, and what one can do. */
export function BoardHead({
  board,
  totals,
  currency,
  filter,
  filterInput,
  onFilter,
  onNewDeal,
  onShare,
}: {
  board: CrmRecord;
  totals: Totals;
  currency: string;
  filter: string;
  filterInput: RefObject<HTMLInputElement | null>;
  onFilter(words: string): void;
  onNewDeal: (() => void) | undefined;
  onShare(): void;
}) {
  const intl = useIntl();
  const mayShare = useMay('share:board');
  const readers = useReaders(board);
  const none = { amount: 0, currency };
  const hidden = totals.masked > 0 && totals.masked === totals.count;
  const facts = intl.formatMessage(
    { id: hidden ? 'board.factsMasked' : 'board.facts' },
    {
      count: totals.count,
      sum: sumsText(totals.sums, intl.locale, none),
      weighted: sumsText(totals.weighted, intl.locale, none),
    },
  );
  return (
    <PageHead title={nameOf(board)} facts={<span data-testid="board-facts">{facts}</span>}>
      <VisibleTo record={board} readers={readers} onPress={mayShare ? onShare : undefined} />
      <TextInput
        ref={filterInput}
        className={classes['filter']}
        size="sm"
        leftSection={<IconFilter size={15} aria-hidden="true" />}
        placeholder={intl.formatMessage({ id: 'board.filter' })}
        aria-label={intl.formatMessage({ id: 'board.filter' })}
        value={filter}
        onChange={(event) => onFilter(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onFilter('');
        }}
        rightSection={
          filter && (
            <CloseButton size="sm" aria-label={intl.formatMessage({ id: 'board.filterReset' })} onClick={() => onFilter('')} />
          )
        }
      />
      {onNewDeal && (
        <Button onClick={onNewDeal}>
          <FormattedMessage id="board.newDeal" />
        </Button>
      )}
    </PageHead>
  );
}
