import { FormattedMessage, useIntl } from 'react-intl';
import { sumsText } from '../../records/Amount.tsx';
import classes from './Column.module.css';
import type { Totals } from './columns.ts';

/** Count, sum, weighted sum and share of the board in one glance. */
export function ColumnHead({
  id,
  name,
  totals,
  shown,
  share,
  currency,
}: {
  id: string;
  name: string;
  totals: Totals;
  /** How many pass the filter. */
  shown: number;
  /** Part of the board's sum, 0 to 100. */
  share: number;
  currency: string;
}) {
  const intl = useIntl();
  const none = { amount: 0, currency };
  const allMasked = totals.masked > 0 && totals.masked === totals.count;
  return (
    <header className={classes['head']}>
      <h2 id={id} className={classes['name']}>
        <span>{name}</span>{' '}
        <span className={`${classes['count']} num`}>
          {shown === totals.count ? (
            intl.formatNumber(totals.count)
          ) : (
            <FormattedMessage id="board.shownOf" values={{ shown, count: totals.count }} />
          )}
        </span>
      </h2>
      <div className={`${classes['sums']} num`}>
        {allMasked ? (
          <span className="soft">
            <FormattedMessage id="record.amountsNotShared" />
          </span>
        ) : (
          <>
            <span
              title={totals.masked > 0 ? intl.formatMessage({ id: 'board.sumWithout' }, { count: totals.masked }) : undefined}
            >
              {sumsText(totals.sums, intl.locale, none)}
              {totals.masked > 0 && (
                <abbr title={intl.formatMessage({ id: 'board.sumWithout' }, { count: totals.masked })}>*</abbr>
              )}
            </span>
            <span className="soft" title={intl.formatMessage({ id: 'board.weightedWhy' })}>
              <FormattedMessage id="board.weighted" values={{ sum: sumsText(totals.weighted, intl.locale, none) }} />
            </span>
          </>
        )}
      </div>
      <div
        className={classes['share']}
        title={intl.formatMessage({ id: 'board.share' }, { share: intl.formatNumber(share / 100, { style: 'percent' }) })}
      >
        <i style={{ width: `${share}%` }} />
      </div>
    </header>
  );
}
