import { memo, useRef } from 'react';
import { useIntl } from 'react-intl';
import { type CrmRecord, text, useIsPending, useLastHand } from '../../api/hooks.ts';
import { asMoney, formatMoney } from '../../lib/money.ts';
import { useName } from '../../records/people.ts';
import type { Stage } from '../../records/stages.ts';
import { useRecent } from '../../records/useRecent.ts';
import { handColour } from '../../ui/index.ts';
import { ageOf } from './age.ts';
import classes from './Card.module.css';
import { CardLines } from './CardLines.tsx';
import { useCardDrag } from './useCardDrag.ts';

export interface CardProps {
  readonly deal: CrmRecord;
  readonly stage: Stage;
  /** Milliseconds since 1970, to the minute. */
  readonly now: number;
  /** The day it is, YYYY-MM-DD. */
  readonly today: string;
  /** Whether Tab leads to this card; the arrows lead to the others. */
  readonly tabStop: boolean;
  readonly open: boolean;
  /** The person who holds the card on another screen; '' for nobody. */
  readonly heldBy: string;
  readonly inHand: boolean;
  /** Whether cards of this board can be picked up at all; mayMove says it of this one. */
  readonly draggable: boolean;
  readonly mayMove: boolean;
  /** The card in the hand cannot come to this column. */
  readonly barred: boolean;
  onOpen(dealId: string): void;
  onMove(dealId: string): void;
  onFocus(dealId: string): void;
}

// How long a card says that somebody else has just moved it.
const markMs = 3000;

/** A deal on the board: what, who for, how much and how long, whose and what next. */
export const Card = memo(function Card(props: CardProps) {
  const { deal, stage, now, today, tabStop, open, heldBy, inHand, draggable, barred, onOpen, onFocus } = props;
  const card = useRef<HTMLElement>(null);
  const edge = useCardDrag(card, deal.id, stage.id, draggable, barred);
  const pending = useIsPending(deal.id);
  const flag = useFlag(deal.id, heldBy);
  const age = ageOf(deal, stage, now, today);
  const label = useCardLabel(deal, stage, age.days);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the board hears the keys of all its cards
    <article
      ref={card}
      className={classes['card']}
      aria-label={label}
      aria-busy={pending}
      tabIndex={tabStop ? 0 : -1}
      data-deal={deal.id}
      data-edge={edge}
      data-idle={age.mark !== undefined || undefined}
      data-open={open || undefined}
      data-held={heldBy !== '' || undefined}
      data-inhand={inHand || undefined}
      data-pending={pending || undefined}
      style={flag && ({ '--who': handColour(flag.userId) } as React.CSSProperties)}
      onFocus={() => onFocus(deal.id)}
      onClick={() => onOpen(deal.id)}
    >
      {flag && <span className={classes['flag']}>{flag.words}</span>}
      <CardLines {...props} age={age} />
    </article>
  );
});

/** Others' hands on this card: who holds it, or who has just moved it. */
function useFlag(dealId: string, heldBy: string): { userId: string; words: string } | undefined {
  const intl = useIntl();
  const last = useLastHand(dealId);
  const recent = useRecent(last?.command === 'deal.move' ? last.at : undefined, markMs);
  const holder = useName(heldBy || undefined);
  const mover = useName(last?.by);
  if (heldBy)
    return {
      userId: heldBy,
      words: intl.formatMessage({ id: 'board.holding' }, { who: holder || intl.formatMessage({ id: 'ui.somebody' }) }),
    };
  if (recent && last)
    return {
      userId: last.by,
      words: intl.formatMessage({ id: 'board.movedBy' }, { who: mover || intl.formatMessage({ id: 'ui.somebody' }) }),
    };
  return undefined;
}

/** The card as a screen reader says it: "Acme, €12,000, Offer, 9 days, Anna". */
function useCardLabel(deal: CrmRecord, stage: Stage, days: number): string {
  const intl = useIntl();
  const customer = useName(text(deal, 'customerId') || undefined);
  const owner = useName(text(deal, 'ownerId') || undefined);
  const money = asMoney(deal.fields['amount']);
  const amount = deal.masked.includes('money')
    ? intl.formatMessage({ id: 'record.amountNotShared' })
    : money && formatMoney(money, intl.locale);
  const parts = [
    text(deal, 'title'),
    customer,
    amount,
    stage.name,
    intl.formatMessage({ id: 'board.daysHere' }, { days }),
    owner,
  ];
  return parts.filter(Boolean).join(', ');
}
