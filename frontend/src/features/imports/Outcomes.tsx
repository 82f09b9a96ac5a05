import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import type { Import, ImportOutcome } from '../../api/wire.ts';
import { EmptyState, ErrorState, Skeletons } from '../../ui/index.ts';
import classes from './imports.module.css';
import { useImportProblem } from './problems.ts';
import { useRows } from './useImports.ts';

const fates = ['refused', 'matched', 'created'] as const;
type Fate = (typeof fates)[number];

/** What became of each row; the refused ones with their reasons first, for they want something of the reader. */
export function Outcomes({ imported, onOpenDeal }: { imported: Import; onOpenDeal: ((dealId: string) => void) | undefined }) {
  const intl = useIntl();
  const { counts } = imported;
  const [fate, setFate] = useState<Fate>(fates.find((each) => counts[each] > 0) ?? 'created');
  return (
    <section className={classes['sheet']}>
      <h2>
        <FormattedMessage id="imports.rowByRow" />
      </h2>
      <SegmentedControl
        className={classes['fates'] ?? ''}
        aria-label={intl.formatMessage({ id: 'imports.rowByRow' })}
        value={fate}
        onChange={(value) => setFate(value as Fate)}
        data={fates.map((value) => ({
          value,
          label: intl.formatMessage({ id: `imports.tab.${value}` }, { count: counts[value] }),
        }))}
      />
      <Rows key={fate} importId={imported.id} fate={fate} onOpenDeal={imported.undone ? undefined : onOpenDeal} />
    </section>
  );
}

interface RowsProps {
  readonly importId: string;
  readonly fate: Fate;
  readonly onOpenDeal: ((dealId: string) => void) | undefined;
}

function Rows({ importId, fate, onOpenDeal }: RowsProps) {
  const intl = useIntl();
  const problemText = useImportProblem();
  const { rows, problem, more, again } = useRows(importId, fate);
  if (problem)
    return (
      <ErrorState sentence={problemText(problem)} verb={{ label: intl.formatMessage({ id: 'imports.again' }), onPress: again }} />
    );
  if (!rows)
    return (
      <Skeletons>
        <div className={classes['skeleton']} />
      </Skeletons>
    );
  if (rows.length === 0) return <EmptyState sentence={intl.formatMessage({ id: `imports.no.${fate}` })} />;
  return (
    <>
      <ol className={classes['outcomes']}>
        {rows.map((row) => (
          <li key={row.row}>
            <span className="soft num">
              <FormattedMessage id="imports.rowNumber" values={{ row: row.row }} />
            </span>
            <span className={classes['name']}>
              <Title row={row} onOpenDeal={onOpenDeal} />
              <Reasons row={row} />
            </span>
          </li>
        ))}
      </ol>
      {more && (
        <button type="button" className={classes['more']} onClick={more}>
          <FormattedMessage id="imports.moreRows" />
        </button>
      )}
    </>
  );
}

function Title({ row, onOpenDeal }: { row: ImportOutcome; onOpenDeal: ((dealId: string) => void) | undefined }) {
  const { dealId, title } = row;
  const words = title || <FormattedMessage id="imports.untitled" />;
  if (!dealId || !onOpenDeal) return <strong>{words}</strong>;
  return (
    <button type="button" className={classes['deal']} onClick={() => onOpenDeal(dealId)}>
      {words}
    </button>
  );
}

/** Column, what stood there, and what is wrong with it. */
function Reasons({ row }: { row: ImportOutcome }) {
  const problemText = useImportProblem();
  return row.problems?.map(({ column, text, problem }) => (
    <small key={`${column} ${problem}`} className={classes['wrong']}>
      {column && <strong>{column}: </strong>}
      {text && <FormattedMessage id="imports.cell" values={{ text }} />} {problemText({ code: 'invalid', reason: problem })}
    </small>
  ));
}
