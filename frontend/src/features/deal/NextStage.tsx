import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useRecord, useSchema } from '../../api/hooks.ts';
import { missingAt, stagesOf } from '../../records/stages.ts';
import { useFieldLabel } from '../../ui/index.ts';
import classes from './deal.module.css';

/** What the next stage will ask for, before it is asked, and the reason. */
export function NextStage({ deal }: { deal: CrmRecord }) {
  const intl = useIntl();
  const label = useFieldLabel();
  const schema = useSchema('deal');
  const stages = stagesOf(useRecord(text(deal, 'pipelineId') || undefined));
  const at = stages.findIndex((stage) => stage.id === text(deal, 'stageId'));
  const next = stages[at + 1];
  if (at < 0 || stages[at]?.kind !== 'open' || !next || next.kind === 'lost') return null;
  const missing = missingAt(next, deal, (key) => schema.find((field) => field.key === key)?.group ?? '');
  if (missing.length === 0) return null;
  const fields = missing.map((key) => label('deal', key, schema.find((field) => field.key === key)?.labels));
  return (
    <p className={classes['box']}>
      <b>
        <FormattedMessage id="deal.before" values={{ stage: next.name }} />
      </b>{' '}
      <FormattedMessage id="deal.asksFor" values={{ list: intl.formatList(fields) }} /> {next.why}
    </p>
  );
}
