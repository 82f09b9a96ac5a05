import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useRecord, useSchema } from '../../api/hooks.ts';
import { admits, missingAt, stagesOf } from '../../records/stages.ts';
import { WhoWants } from '../../records/WhoWants.tsx';
import { useFieldLabel } from '../../ui/index.ts';
import classes from './deal.module.css';

/** What the next stage will ask for, before it is asked, and the reason. */
export function NextStage({ deal }: { deal: CrmRecord }) {
  const intl = useIntl();
  const label = useFieldLabel();
  const schema = useSchema('deal');
  const pipeline = useRecord(text(deal, 'pipelineId') || undefined);
  const stages = stagesOf(pipeline);
  const at = stages.findIndex((stage) => stage.id === text(deal, 'stageId'));
  // The next one that the deal may be moved to: what a stage out of reach asks for is not asked yet.
  const next = stages.find((stage, i) => i > at && pipeline && admits(stage, pipeline.id, deal));
  if (at < 0 || stages[at]?.kind !== 'open' || !next || next.kind === 'lost') return null;
  const missing = missingAt(next, deal, (key) => schema.find((field) => field.key === key)?.group ?? '');
  if (missing.length === 0) return null;
  const fields = missing.map((key) => label('deal', key, schema.find((field) => field.key === key)?.labels));
  return (
    <div className={classes['box']}>
      <b>
        <FormattedMessage id="deal.before" values={{ stage: next.name }} />
      </b>{' '}
      <FormattedMessage id="deal.asksFor" values={{ list: intl.formatList(fields) }} /> {next.why} <WhoWants of={pipeline} />
    </div>
  );
}
