import { FormattedMessage, useIntl } from 'react-intl';
import type { ImportAnalysis, ImportCell, ImportRow } from '../../api/wire.ts';
import classes from './imports.module.css';
import { useImportProblem } from './problems.ts';

/** The first rows as they would be imported, with what is wrong beside each value. */
export function PreviewRows({ analysis, busy }: { analysis: ImportAnalysis; busy: boolean }) {
  const intl = useIntl();
  return (
    <section className={classes['preview']} aria-busy={busy} aria-labelledby="first-rows">
      <h3 id="first-rows">
        <FormattedMessage id="imports.preview" />
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={classes['scroll']} tabIndex={0} aria-label={intl.formatMessage({ id: 'imports.preview' })}>
        <table>
          <thead>
            <tr>
              <th scope="col">
                <FormattedMessage id="imports.row" />
              </th>
              <th scope="col">
                <FormattedMessage id="imports.fate" />
              </th>
              {analysis.headers.map((header, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a column is its position
                <th key={at} scope="col">
                  {header || <FormattedMessage id="imports.columnNumber" values={{ number: at + 1 }} />}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {analysis.rows.map((row) => (
              <Row key={row.row} row={row} />
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function Row({ row }: { row: ImportRow }) {
  const problemText = useImportProblem();
  return (
    <tr data-fate={row.fate}>
      <th scope="row" className="num">
        {row.row}
      </th>
      <td>
        <FormattedMessage id={`imports.fate.${row.fate}`} />
        {row.reason && <small className={classes['wrong']}>{problemText({ code: 'invalid', reason: row.reason })}</small>}
      </td>
      {row.cells.map((cell, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its position
        <Cell key={at} cell={cell} />
      ))}
    </tr>
  );
}

function Cell({ cell }: { cell: ImportCell }) {
  const problemText = useImportProblem();
  return (
    <td>
      {cell.text}
      {cell.problem && <small className={classes['wrong']}>{problemText({ code: 'invalid', reason: cell.problem })}</small>}
    </td>
  );
}
