import { Button } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useEffect } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { useProgress } from '../../api/hooks.ts';
import type { Import } from '../../api/wire.ts';
import { ErrorState, NoAccess, OfflineState, PageHead, Skeletons } from '../../ui/index.ts';
import { ImportResult } from './ImportResult.tsx';
import { ImportSetup } from './ImportSetup.tsx';
import classes from './imports.module.css';
import { useImportProblem } from './problems.ts';
import { type Loaded, useImport } from './useImports.ts';

interface ImportPageProps {
  readonly importId: string;
  onBack(): void;
  onOpenBoard(boardId: string): void;
  onOpenDeal(boardId: string, dealId: string): void;
}

/** One import: what will become of the file, or what became of it. */
export function ImportPage({ importId, onBack, onOpenBoard, onOpenDeal }: ImportPageProps) {
  const loaded = useImportLive(importId);
  const { value, put, reload } = loaded;
  return (
    <section className={classes['page']}>
      <PageHead
        title={value?.name ?? <FormattedMessage id="imports.title" />}
        facts={value && <FormattedMessage id={`imports.state.${value.undone ? 'undone' : value.state}`} />}
      >
        <Button variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />} onClick={onBack}>
          <FormattedMessage id="imports.toList" />
        </Button>
      </PageHead>
      <div className={classes['body']}>
        {!value && <NotLoaded loaded={loaded} onBack={onBack} />}
        {value?.state === 'uploaded' && <ImportSetup key={importId} imported={value} onAnswer={put} onStarted={reload} />}
        {value && value.state !== 'uploaded' && (
          <ImportResult imported={value} onChanged={reload} onOpenBoard={onOpenBoard} onOpenDeal={onOpenDeal} />
        )}
      </div>
    </section>
  );
}

// A message that ends the progress can be lost with the socket.
const askAgainMs = 3_000;

/** The import, asked for again when its progress changes state, and now and then while it runs. */
function useImportLive(id: string) {
  const loaded = useImport(id);
  const { reload } = loaded;
  const progress = useProgress(id)?.state;
  useEffect(() => {
    if (progress) reload();
  }, [progress, reload]);
  const running = loaded.value?.state === 'running';
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(reload, askAgainMs);
    return () => clearInterval(timer);
  }, [running, reload]);
  return loaded;
}

function NotLoaded({ loaded, onBack }: { loaded: Loaded<Import>; onBack(): void }) {
  const intl = useIntl();
  const problemText = useImportProblem();
  const { problem, reload } = loaded;
  const again = { label: intl.formatMessage({ id: 'imports.again' }), onPress: reload };
  if (!problem)
    return (
      <Skeletons>
        <div className={classes['skeleton']} />
      </Skeletons>
    );
  if (problem.code === 'unreachable')
    return <OfflineState sentence={intl.formatMessage({ id: 'imports.offline' })} verb={again} />;
  if (problem.code === 'not_found') {
    const back = { label: intl.formatMessage({ id: 'imports.toList' }), onPress: onBack };
    return <NoAccess sentence={intl.formatMessage({ id: 'imports.absent' })} verb={back} />;
  }
  return <ErrorState sentence={problemText(problem)} verb={again} />;
}
