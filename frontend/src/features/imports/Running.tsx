import { Progress } from '@mantine/core';
import { FormattedMessage, useIntl } from 'react-intl';
import { useProgress } from '../../api/hooks.ts';
import type { Import } from '../../api/wire.ts';
import classes from './imports.module.css';

/** How far an import is, live. */
export function Running({ imported }: { imported: Import }) {
  const intl = useIntl();
  // Of the two that which is further: the one came with the page, the other with the stream.
  const live = useProgress(imported.id);
  const counts = live && live.done >= imported.counts.done ? live : imported.counts;
  const percent = counts.total > 0 ? (100 * counts.done) / counts.total : 0;
  return (
    <div className={classes['running']}>
      <Progress value={percent} aria-label={intl.formatMessage({ id: 'imports.progress' })} />
      <p className="num" data-testid="import-progress">
        <FormattedMessage id="imports.rowsDone" values={{ done: counts.done, total: counts.total }} />
        {counts.refused > 0 && (
          <>
            {' · '}
            <FormattedMessage id="imports.refusedSoFar" values={{ refused: counts.refused }} />
          </>
        )}
      </p>
      {live?.waiting && (
        <p role="status" data-testid="import-waits">
          <FormattedMessage id="imports.waits" values={{ why: live.waiting }} />
        </p>
      )}
      <p className="soft">
        <FormattedMessage id="imports.goesOn" />
      </p>
    </div>
  );
}
