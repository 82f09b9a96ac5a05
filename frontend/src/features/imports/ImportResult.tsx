import { Alert, Button, Group } from '@mantine/core';
import { useState } from 'react';
import { FormattedMessage } from 'react-intl';
import { useCommand } from '../../api/hooks.ts';
import type { Import, Problem } from '../../api/wire.ts';
import classes from './imports.module.css';
import { Outcomes } from './Outcomes.tsx';
import { useImportProblem } from './problems.ts';
import { Running } from './Running.tsx';

interface ImportResultProps {
  readonly imported: Import;
  onChanged(): void;
  onOpenBoard(boardId: string): void;
  onOpenDeal(boardId: string, dealId: string): void;
}

/** How far an import is, or what came of it, and the way back. */
export function ImportResult({ imported, onChanged, onOpenBoard, onOpenDeal }: ImportResultProps) {
  const problemText = useImportProblem();
  const { act, busy, problem } = useAct(onChanged);
  const { id, boardId, state, undone, undoneBy } = imported;
  const running = state === 'running';
  return (
    <>
      <section className={classes['sheet']}>
        {running && <Running imported={imported} />}
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
        {!running && <WhatHappened imported={imported} />}
        <Group gap="xs">
          {running && (
            <Button variant="default" loading={busy} onClick={() => act('import.cancel', { id })}>
              <FormattedMessage id="imports.cancel" />
            </Button>
          )}
          {boardId && !undone && (
            <Button onClick={() => onOpenBoard(boardId)}>
              <FormattedMessage id="imports.toBoard" />
            </Button>
          )}
          {imported.undoable && (
            <Button variant="default" loading={busy} onClick={() => act('undo', { group: id })}>
              <FormattedMessage id="imports.undo" />
            </Button>
          )}
          {undoneBy && (
            <Button loading={busy} onClick={() => act('undo', { group: undoneBy })}>
              <FormattedMessage id="imports.bringBack" />
            </Button>
          )}
          {imported.hasResult && (
            <Button component="a" variant="subtle" href={`/api/v1/imports/${id}/result`} download>
              <FormattedMessage id="imports.download" />
            </Button>
          )}
        </Group>
        {busy && !running && (
          <p role="status" className="soft">
            <FormattedMessage id="imports.undoing" />
          </p>
        )}
      </section>
      {imported.hasResult && (
        <Outcomes imported={imported} onOpenDeal={boardId ? (deal) => onOpenDeal(boardId, deal) : undefined} />
      )}
    </>
  );
}

/** One sentence; after an undo it tells what that reached. */
function WhatHappened({ imported }: { imported: Import }) {
  const { counts, state, undone } = imported;
  const id = undone ? 'undone' : state;
  return (
    <p role="status" data-testid="what-happened">
      <FormattedMessage id={`imports.happened.${id}`} values={{ ...counts }} />
    </p>
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
