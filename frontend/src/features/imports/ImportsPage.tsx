import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { useMay } from '../../api/hooks.ts';
import type { Import } from '../../api/wire.ts';
import { EmptyState, ErrorState, NoAccess, OfflineState, PageHead, RelativeDate, Skeletons } from '../../ui/index.ts';
import { FileDrop } from './FileDrop.tsx';
import classes from './imports.module.css';
import { useImportProblem } from './problems.ts';
import { type Loaded, useImportList } from './useImports.ts';

/** Brings deals from a file of another program; what was imported before can be taken back. */
export function ImportsPage({ onOpen }: { onOpen(importId: string): void }) {
  const intl = useIntl();
  const mayImport = useMay('create:import');
  if (!mayImport) return <NoAccess sentence={intl.formatMessage({ id: 'imports.noAccess' })} />;
  return (
    <section className={classes['page']} aria-label={intl.formatMessage({ id: 'imports.title' })}>
      <PageHead title={<FormattedMessage id="imports.title" />} facts={<FormattedMessage id="imports.intro" />} />
      <div className={classes['body']}>
        <FileDrop onUploaded={(imported) => onOpen(imported.id)} />
        <Earlier onOpen={onOpen} />
      </div>
    </section>
  );
}

// While an import runs, its line is kept true.
const askAgainMs = 2_000;

function Earlier({ onOpen }: { onOpen(id: string): void }) {
  const list = useImportList();
  const { reload } = list;
  const running = list.value?.imports.some(({ state }) => state === 'running');
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(reload, askAgainMs);
    return () => clearInterval(timer);
  }, [running, reload]);
  return (
    <section className={classes['sheet']}>
      <h2>
        <FormattedMessage id="imports.earlier" />
      </h2>
      <EarlierList list={list} onOpen={onOpen} />
    </section>
  );
}

function EarlierList({ list, onOpen }: { list: Loaded<{ imports: Import[] }>; onOpen(id: string): void }) {
  const intl = useIntl();
  const problemText = useImportProblem();
  const again = { label: intl.formatMessage({ id: 'imports.again' }), onPress: list.reload };
  if (!list.value && list.problem?.code === 'unreachable')
    return <OfflineState sentence={intl.formatMessage({ id: 'imports.offline' })} verb={again} />;
  if (!list.value && list.problem) return <ErrorState sentence={problemText(list.problem)} verb={again} />;
  if (!list.value)
    return (
      <Skeletons>
        <div className={classes['skeleton']} />
      </Skeletons>
    );
  if (list.value.imports.length === 0) return <EmptyState sentence={intl.formatMessage({ id: 'imports.none' })} />;
  return (
    <ul className={classes['earlier']}>
      {list.value.imports.map((imported) => (
        <li key={imported.id}>
          <span className={classes['name']}>
            <strong>{imported.name}</strong>
            <small className="soft">
              <RelativeDate at={imported.createdAt} /> ·{' '}
              <FormattedMessage id={`imports.state.${imported.undone ? 'undone' : imported.state}`} />
              {imported.state !== 'uploaded' && (
                <>
                  {' · '}
                  <FormattedMessage id="imports.counts" values={{ ...imported.counts }} />
                </>
              )}
            </small>
          </span>
          <Button size="xs" variant="default" onClick={() => onOpen(imported.id)}>
            <FormattedMessage id={imported.state === 'uploaded' ? 'imports.goOn' : 'imports.open'} />
            <span className="visually-hidden">{imported.name}</span>
          </Button>
        </li>
      ))}
    </ul>
  );
}
