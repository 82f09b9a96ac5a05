import { IconAlertTriangle } from '@tabler/icons-react';
import { useEffect } from 'react';
import { FormattedMessage } from 'react-intl';
import { useOutbox, useSyncState } from '../api/hooks.ts';
import classes from './Unkept.module.css';

/**
 * Where the browser keeps nothing, what is not sent ends with the page. Without a
 * connection that is said before somebody relies on it, and the browser asks
 * before the page is left while something waits.
 */
export function Unkept() {
  const { keeps, waiting } = useOutbox();
  const offline = useSyncState((state) => state.live === 'offline');
  useAskBeforeLeaving(!keeps && waiting.length > 0);
  return (
    <div role="status" data-testid="unkept">
      {!keeps && offline && (
        <p className={classes['notice']}>
          <IconAlertTriangle size={18} stroke={1.6} aria-hidden="true" />
          <FormattedMessage id="app.unkept" />
        </p>
      )}
    </div>
  );
}

function useAskBeforeLeaving(ask: boolean): void {
  useEffect(() => {
    if (!ask) return undefined;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', stay);
    return () => window.removeEventListener('beforeunload', stay);
  }, [ask]);
}
