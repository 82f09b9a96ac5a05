import { useIntl } from 'react-intl';
import classes from './LiveBadge.module.css';

/** Says how true the screen is. It never claims more than the last proof. */
export function LiveBadge({
  state,
  ageMs,
  since,
  waiting,
  keeps,
}: {
  state: 'live' | 'catchingUp' | 'offline';
  ageMs: number;
  since: number;
  /** How many things are not sent yet. */
  waiting: number;
  /** Whether those survive a reload. */
  keeps: boolean;
}) {
  const intl = useIntl();
  const seconds = intl.formatNumber(ageMs / 1000, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const words = {
    live: intl.formatMessage({ id: 'ui.live' }, { seconds }),
    catchingUp: intl.formatMessage({ id: 'ui.catchingUp' }),
    offline:
      since > 0
        ? intl.formatMessage({ id: 'ui.offlineSince' }, { time: intl.formatTime(since) })
        : intl.formatMessage({ id: 'ui.offline' }),
  }[state];
  const why = {
    live: intl.formatMessage({ id: 'ui.liveWhy' }, { seconds }),
    catchingUp: intl.formatMessage({ id: 'ui.catchingUpWhy' }),
    offline: intl.formatMessage({ id: keeps ? 'ui.offlineWhy' : 'ui.offlineUnkeptWhy' }),
  }[state];
  return (
    <span className={classes['badge']} data-state={state} data-testid="live" title={why}>
      <i aria-hidden="true" />
      <span className="num" aria-hidden={state !== 'live'}>
        {words}
      </span>
      {waiting > 0 && (
        <span className={classes['waiting']}>{intl.formatMessage({ id: 'ui.notSentYet' }, { count: waiting })}</span>
      )}
      {/* Only a change of state is read out; the seconds are not. */}
      <span className="visually-hidden" role="status">
        {state === 'live' ? '' : words}
      </span>
    </span>
  );
}
