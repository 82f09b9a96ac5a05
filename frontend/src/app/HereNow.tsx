import { useIntl } from 'react-intl';
import { text, usePresence, usePresenceMore, useRecords } from '../api/hooks.ts';
import { Face } from '../ui/Face.tsx';
import classes from './Shell.module.css';

/** Everybody else on what this tab shows. */
export function HereNow() {
  const intl = useIntl();
  const present = usePresence();
  const beyond = usePresenceMore();
  const users = useRecords('user');
  const ids = [...new Set(present.map((person) => person.userId))];
  if (ids.length === 0) return null;
  const more = Math.max(ids.length - 5, 0) + beyond;
  return (
    <section className={classes['faces']} aria-label={intl.formatMessage({ id: 'app.hereNow' })} data-testid="here-now">
      {ids.slice(0, 5).map((id) => (
        <Face
          key={id}
          userId={id}
          name={
            text(
              users.find((user) => user.id === id),
              'name',
            ) || intl.formatMessage({ id: 'ui.somebody' })
          }
        />
      ))}
      {more > 0 && <span className="soft num">{intl.formatMessage({ id: 'app.more' }, { count: more })}</span>}
    </section>
  );
}
