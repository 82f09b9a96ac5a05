import { useIntl } from 'react-intl';
import { serverNow } from '../lib/clock.ts';
import { relative } from '../lib/dates.ts';

/** How long ago a moment was; the exact time is in the title. `at` is RFC 3339. */
export function RelativeDate({ at, now = serverNow() }: { at: string; now?: number }) {
  const intl = useIntl();
  const moment = Date.parse(at);
  if (Number.isNaN(moment)) return null;
  const { value, unit } = relative(moment, now);
  const words =
    unit === 'second' ? intl.formatMessage({ id: 'ui.justNow' }) : intl.formatRelativeTime(value, unit, { numeric: 'auto' });
  return (
    <time dateTime={at} title={intl.formatDate(moment, { dateStyle: 'long', timeStyle: 'short' })}>
      {words}
    </time>
  );
}
