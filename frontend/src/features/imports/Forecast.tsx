import { FormattedMessage } from 'react-intl';
import type { ImportAnalysis, ImportForecast } from '../../api/wire.ts';
import classes from './imports.module.css';
import { useTargetLabel } from './labels.ts';
import { useImportProblem } from './problems.ts';

/** What the import would do, and each kind of problem once. */
export function Forecast({ analysis }: { analysis: ImportAnalysis }) {
  const problemText = useImportProblem();
  const targetLabel = useTargetLabel();
  const { customers, contacts, stages } = analysis.forecast;
  return (
    <section className={classes['sheet']}>
      <h2>
        <FormattedMessage id="imports.forecast" />
      </h2>
      <p role="status">
        <WhatChanges forecast={analysis.forecast} />
        {analysis.forecast.counts.created > 0 && (
          <>
            {' · '}
            <FormattedMessage id="imports.alsoNew" values={{ customers, contacts, stages }} />
          </>
        )}
      </p>
      <ul className={classes['problems']}>
        {analysis.problems.map(({ field, problem, rows, firstRow }) => (
          <li key={`${field} ${problem}`}>
            {field && <strong>{targetLabel(field)}: </strong>}
            {problemText({ code: 'invalid', reason: problem })}{' '}
            <span className="soft">
              <FormattedMessage id="imports.problemRows" values={{ rows, firstRow }} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How many deals are new, how many are completed; and when all are there already, that nothing is new. */
export function WhatChanges({ forecast }: { forecast: ImportForecast }) {
  const { counts, completed } = forecast;
  const values = { ...counts, completed };
  if (counts.created === 0 && counts.matched > 0)
    return <FormattedMessage id={completed > 0 ? 'imports.onlyFill' : 'imports.nothingNew'} values={values} />;
  return (
    <>
      <FormattedMessage id="imports.counts" values={values} />
      {completed > 0 && (
        <>
          {' · '}
          <FormattedMessage id="imports.alsoFill" values={values} />
        </>
      )}
    </>
  );
}

/** What the verb does: import the new rows, or complete the deals that are there. */
export function StartWords({ forecast: { counts, completed } }: { forecast: ImportForecast }) {
  if (counts.created === 0 && completed > 0) return <FormattedMessage id="imports.startFill" values={{ count: completed }} />;
  if (counts.created === 0 && counts.matched > 0) return <FormattedMessage id="imports.startNothing" />;
  return <FormattedMessage id="imports.start" values={{ count: counts.created }} />;
}
