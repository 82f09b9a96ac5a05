import { Alert, Button } from '@mantine/core';
import { useState } from 'react';
import { FormattedMessage } from 'react-intl';
import { useCommand } from '../../api/hooks.ts';
import type { Import, Problem } from '../../api/wire.ts';
import { FileOptions } from './FileOptions.tsx';
import { Forecast, StartWords, WhatChanges } from './Forecast.tsx';
import classes from './imports.module.css';
import { Mapping } from './Mapping.tsx';
import { Owners } from './Owners.tsx';
import { Place } from './Place.tsx';
import { useImportProblem } from './problems.ts';
import { Stages } from './Stages.tsx';
import { undecided } from './settings.ts';
import { usePreview } from './useImports.ts';

interface ImportSetupProps {
  readonly imported: Import;
  /** A new analysis is here. */
  onAnswer(imported: Import): void;
  onStarted(): void;
}

/** How the file is read, what its columns, stages and owners become, where the deals go, and what that would do. */
export function ImportSetup({ imported, onAnswer, onStarted }: ImportSetupProps) {
  const run = useCommand();
  const { settings, change, busy, problem, forget } = usePreview(imported, onAnswer);
  const [starting, setStarting] = useState(false);
  const [refused, setRefused] = useState<Problem>();
  const { analysis } = imported;
  if (!analysis) return null;
  const open = undecided(imported, settings);
  const { counts, completed } = analysis.forecast;

  const start = async () => {
    setStarting(true);
    const outcome = await run({ name: 'import.start', args: { id: imported.id, settings }, refusal: 'caller' });
    setStarting(false);
    setRefused(outcome.ok ? undefined : outcome.problem);
    if (!outcome.ok) return;
    forget();
    onStarted();
  };
  const parts = { settings, analysis, onChange: change };
  return (
    <>
      {imported.sameAs && (
        <Alert color="yellow">
          <FormattedMessage id="imports.sameAs" />
        </Alert>
      )}
      <FileOptions {...parts} busy={busy} />
      <Mapping {...parts} />
      <Place {...parts} />
      <Stages {...parts} />
      <Owners {...parts} />
      <Forecast analysis={analysis} />
      <div className={classes['start']}>
        <Refused problem={problem ?? refused} />
        <p role="status" className={classes['sum']} data-open={open.length > 0 || undefined}>
          {open[0] ? <FormattedMessage id={`imports.choose.${open[0]}`} /> : <WhatChanges forecast={analysis.forecast} />}
        </p>
        <Button
          loading={starting}
          disabled={busy || open.length > 0 || problem !== undefined || counts.created + completed === 0}
          onClick={() => void start()}
        >
          <StartWords forecast={analysis.forecast} />
        </Button>
      </div>
    </>
  );
}

/** Why the settings cannot be used: each reason once, in words. */
function Refused({ problem }: { problem: Problem | undefined }) {
  const problemText = useImportProblem();
  if (!problem) return null;
  const reasons = new Set(Object.values(problem.fields ?? {}).map((reason) => problemText({ code: 'invalid', reason })));
  return (
    <Alert color="red" role="alert" className={classes['refused'] ?? ''}>
      {reasons.size > 0 ? [...reasons].join(' ') : problemText(problem)}
    </Alert>
  );
}
