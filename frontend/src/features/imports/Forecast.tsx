import { FormattedMessage } from 'react-intl';
import type { ImportAnalysis } from '../../api/wire.ts';
import classes from './imports.module.css';
import { useTargetLabel } from './labels.ts';
import { useImportProblem } from './problems.ts';

/** What the import would do, and each kind of problem once. */
export function Forecast({ analysis }: { analysis: ImportAnalysis }) {
  const problemText = useImportProblem();
  const targetLabel = useTargetLabel();
  const { counts, customers, contacts, stages } = analysis.forecast;
  return (
    <section className={classes['sheet']}>
      <h2>
        <FormattedMessage id="imports.forecast" />
      </h2>
      <p role="status">
        <FormattedMessage id="imports.counts" values={{ ...counts }} />
        {' · '}
        <FormattedMessage id="imports.alsoNew" values={{ customers, contacts, stages }} />
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
