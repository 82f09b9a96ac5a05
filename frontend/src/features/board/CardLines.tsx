import { IconClock } from '@tabler/icons-react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text } from '../../api/hooks.ts';
import { daysBetween } from '../../lib/dates.ts';
import { Amount } from '../../records/Amount.tsx';
import { useName } from '../../records/people.ts';
import { Face } from '../../ui/index.ts';
import type { Age, IdleMark } from './age.ts';
import classes from './Card.module.css';

interface Props {
  readonly deal: CrmRecord;
  readonly age: Age;
  readonly today: string;
  readonly mayMove: boolean;
  onMove(dealId: string): void;
}

/** The four lines of a card. */
export function CardLines({ deal, age, today, mayMove, onMove }: Props) {
  const intl = useIntl();
  const customer = useName(text(deal, 'customerId') || undefined);
  const ownerId = text(deal, 'ownerId');
  const owner = useName(ownerId || undefined);
  return (
    <>
      <div className={classes['title']}>{text(deal, 'title')}</div>
      {/* For screen readers, which press buttons only; the click is the card's. Visible, it would keep Firefox from dragging. */}
      <button type="button" tabIndex={-1} className="visually-hidden">
        <FormattedMessage id="board.open" values={{ deal: text(deal, 'title') }} />
      </button>
      <div className={classes['customer']}>{customer || <FormattedMessage id="board.noCustomer" />}</div>
      <div className={classes['row']}>
        <span className={classes['amount']}>
          <Amount value={deal.fields['amount']} masked={deal.masked.includes('money')} />
        </span>
        <span className={`${classes['age']} num`} title={intl.formatMessage({ id: 'board.daysHere' }, { days: age.days })}>
          <i className={classes['ring']} style={{ '--p': age.ring } as React.CSSProperties} aria-hidden="true" />
          <FormattedMessage id="board.daysShort" values={{ days: age.days }} />
        </span>
      </div>
      <div className={classes['row']}>
        <span className={classes['next']}>
          {ownerId && <Face userId={ownerId} name={owner || intl.formatMessage({ id: 'ui.somebody' })} size="s" />}
          {age.mark && <IconClock size={14} stroke={1.7} aria-hidden="true" />}
          <span className={classes['words']}>
            {age.mark ? <MarkWords mark={age.mark} step={text(deal, 'nextStep')} /> : <NextStep deal={deal} today={today} />}
          </span>
        </span>
        {mayMove && (
          <button
            type="button"
            tabIndex={-1}
            className={classes['move']}
            onClick={(event) => {
              event.stopPropagation();
              onMove(deal.id);
            }}
          >
            <FormattedMessage id="board.move" />
            <span className="visually-hidden"> {text(deal, 'title')}</span>
          </button>
        )}
      </div>
    </>
  );
}

/** The warning comes first: where the line is too narrow, it is the step that is cut. */
function MarkWords({ mark, step }: { mark: IdleMark; step: string }) {
  return <FormattedMessage id={`board.mark.${mark.kind}${step ? '' : '.bare'}`} values={{ days: mark.days, step }} />;
}

function NextStep({ deal, today }: { deal: CrmRecord; today: string }) {
  const step = text(deal, 'nextStep');
  const day = useDayWords(text(deal, 'nextStepOn'), today);
  if (step && day) return <FormattedMessage id="board.stepOn" values={{ step, day }} />;
  return <>{step || day}</>;
}

/** "today", "Tue", "12 Dec" – as near as it is. */
function useDayWords(day: string, today: string): string {
  const intl = useIntl();
  if (!day) return '';
  const days = daysBetween(today, day);
  if (days === 0 || days === 1) return intl.formatRelativeTime(days, 'day', { numeric: 'auto' });
  const options: Intl.DateTimeFormatOptions = days > 1 && days < 7 ? { weekday: 'short' } : { day: 'numeric', month: 'short' };
  return intl.formatDate(day, { ...options, timeZone: 'UTC' });
}
