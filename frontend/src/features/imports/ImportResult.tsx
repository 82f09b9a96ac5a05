import { Alert, Button, Group, Progress } from '@mantine/core';
import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { useCommand, useProgress } from '../../api/hooks.ts';
import type { Import, Problem } from '../../api/wire.ts';
import classes from './imports.module.css';
import { useImportProblem } from './problems.ts';

interface ImportResultProps {
  readonly imported: Import;
  onChanged(): void;
  onOpenBoard(boardId: string): void;
}

/** How far an import is, or what came of it, and the way back. */
export function ImportResult({ imported, onChanged, onOpenBoard }: ImportResultProps) {
  const problemText = useImportProblem();
  const { act, busy, problem } = useAct(onChanged);
  const { boardId, state, undone } = imported;
  return (
    <section className={classes['sheet']}>
      {state === 'running' && <Running imported={imported} />}
      {imported.problem && (
        <Alert color="red" role="alert">
          {problemText({ code: 'internal', reason: imported.problem })}
        </Alert>
      )}
      {problem && (
        <Alert color="red" role="alert">
          {problemText(problem)}
        </Alert>
      )}
      {state !== 'running' && (
        <div role="status">
          <Counts imported={imported} />
        </div>
      )}
      <Group gap="xs">
        {state === 'running' && (
          <Button variant="default" loading={busy} onClick={() => act('import.cancel', { id: imported.id })}>
            <FormattedMessage id="imports.cancel" />
          </Button>
        )}
        {boardId && !undone && (
          <Button onClick={() => onOpenBoard(boardId)}>
            <FormattedMessage id="imports.toBoard" />
          </Button>
        )}
        {imported.hasResult && (
          <Button component="a" variant="default" href={`/api/v1/imports/${imported.id}/result`} download>
            <FormattedMessage id="imports.download" />
          </Button>
        )}
        {state !== 'running' && !undone && imported.counts.created > 0 && (
          <Button variant="default" loading={busy} onClick={() => act('undo', { group: imported.id })}>
            <FormattedMessage id="imports.undo" />
          </Button>
        )}
      </Group>
    </section>
  );
}

function useAct(onChanged: () => void) {
  const run = useCommand();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const act = async (name: string, args: Readonly<Record<string, unknown>>) => {
    setBusy(true);
    const outcome = await run({ name, args, refusal: 'caller' });
    setBusy(false);
    setProblem(outcome.ok ? undefined : outcome.problem);
    onChanged();
  };
  return { act: (name: string, args: Readonly<Record<string, unknown>>) => void act(name, args), busy, problem };
}

function Running({ imported }: { imported: Import }) {
  const intl = useIntl();
  const counts = useProgress(imported.id) ?? imported.counts;
  const percent = counts.total > 0 ? (100 * counts.done) / counts.total : 0;
  return (
    <div className={classes['running']}>
      <Progress value={percent} aria-label={intl.formatMessage({ id: 'imports.progress' })} />
      <p className="num">
        <FormattedMessage id="imports.rowsDone" values={{ done: counts.done, total: counts.total }} />
      </p>
      <p className="soft">
        <FormattedMessage id="imports.goesOn" />
      </p>
    </div>
  );
}

function Counts({ imported }: { imported: Import }) {
  const { created, matched, refused } = imported.counts;
  return (
    <dl className={classes['counts']}>
      {Object.entries({ created, matched, refused }).map(([kind, count]) => (
        <div key={kind}>
          <dt className="soft">
            <FormattedMessage id={`imports.${kind}`} />
          </dt>
          <dd className="num">
            <FormattedMessage id="imports.number" values={{ count }} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
