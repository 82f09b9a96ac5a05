import { Alert, Button } from '@mantine/core';
import { useState } from 'react';
import { FormattedMessage } from 'react-intl';
import { useCommand } from '../../api/hooks.ts';
import type { Import, Problem } from '../../api/wire.ts';
import { Forecast } from './Forecast.tsx';
import classes from './imports.module.css';
import { Mapping } from './Mapping.tsx';
import { Options } from './Options.tsx';
import { PreviewRows } from './PreviewRows.tsx';
import { useImportProblem } from './problems.ts';
import { usePreview } from './useImports.ts';

interface ImportSetupProps {
  readonly imported: Import;
  /** A new analysis is here. */
  onAnswer(imported: Import): void;
  onStarted(): void;
}

/** What each column becomes, where the deals go, and how the first rows would look. */
export function ImportSetup({ imported, onAnswer, onStarted }: ImportSetupProps) {
  const run = useCommand();
  const { settings, change, busy, problem } = usePreview(imported, onAnswer);
  const [starting, setStarting] = useState(false);
  const [refused, setRefused] = useState<Problem>();
  const { analysis } = imported;
  if (!analysis) return null;
  const undecided = settings.columns.some((column) => column.field !== '' && column.dateOrder === 'ask');

  const start = async () => {
    setStarting(true);
    const outcome = await run({ name: 'import.start', args: { id: imported.id, settings }, refusal: 'caller' });
    setStarting(false);
    setRefused(outcome.ok ? undefined : outcome.problem);
    if (outcome.ok) onStarted();
  };
  return (
    <>
      {imported.sameAs && (
        <Alert color="yellow">
          <FormattedMessage id="imports.sameAs" />
        </Alert>
      )}
      <Refused problem={problem ?? refused} />
      <Mapping settings={settings} analysis={analysis} onChange={change} />
      <Options settings={settings} analysis={analysis} onChange={change} />
      <Forecast analysis={analysis} />
      <PreviewRows analysis={analysis} busy={busy} />
      <div className={classes['start']}>
        {undecided && (
          <p role="status">
            <FormattedMessage id="imports.chooseDates" />
          </p>
        )}
        <Button loading={starting} disabled={busy || undecided || problem !== undefined} onClick={() => void start()}>
          <FormattedMessage id="imports.start" values={{ count: analysis.forecast.counts.total }} />
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
    <Alert color="red" role="alert">
      {reasons.size > 0 ? [...reasons].join(' ') : problemText(problem)}
    </Alert>
  );
}
