import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useRecord } from '../../api/hooks.ts';
import type { Reader } from '../../api/wire.ts';
import { nameOf, useName } from '../../records/people.ts';
import { stagesOf } from '../../records/stages.ts';
import { TrashButton } from '../../records/TrashButton.tsx';
import { useMinute } from '../../records/useRecent.ts';
import { VisibleTo } from '../../records/VisibleTo.tsx';
import classes from './deal.module.css';

/** What the deal is, whose customer, how far it has come, and who sees it. */
export function DealHead({
  deal,
  readers,
  may,
  onClose,
  onOpenCustomer,
}: {
  deal: CrmRecord;
  readers: readonly Reader[];
  may: readonly string[];
  onClose(): void;
  onOpenCustomer(customerId: string): void;
}) {
  const intl = useIntl();
  const customerId = text(deal, 'customerId');
  const customer = useName(customerId || undefined);
  return (
    <header className={classes['head']}>
      <div className={classes['top']}>
        <div>
          {customer ? (
            <button type="button" className={classes['customer']} onClick={() => onOpenCustomer(customerId)}>
              {customer}
            </button>
          ) : (
            <span className="soft">
              <FormattedMessage id={customerId ? 'deal.customerNotShared' : 'deal.noCustomer'} />
            </span>
          )}
          <h2 className={classes['title']}>{nameOf(deal)}</h2>
        </div>
        <div className={classes['icons']}>
          {may.includes('delete') && <TrashButton record={deal} onTrashed={onClose} />}
          <ActionIcon
            aria-label={intl.formatMessage({ id: 'ui.close' })}
            title={intl.formatMessage({ id: 'ui.close' })}
            onClick={onClose}
          >
            <IconX size={18} stroke={1.6} aria-hidden="true" />
          </ActionIcon>
        </div>
      </div>
      <Steps deal={deal} />
      <div className={classes['chips']}>
        <StageAge deal={deal} />
        <VisibleTo record={deal} readers={readers} />
      </div>
    </header>
  );
}

function Steps({ deal }: { deal: CrmRecord }) {
  const intl = useIntl();
  const stages = stagesOf(useRecord(text(deal, 'pipelineId') || undefined));
  const at = stages.findIndex((stage) => stage.id === text(deal, 'stageId'));
  if (at < 0) return null;
  const lost = stages[at]?.kind === 'lost';
  // What is lost did not come through the stages that stand before it.
  const steps = lost ? stages.slice(at, at + 1) : stages.filter(({ kind }) => kind !== 'lost');
  const reached = steps.findIndex((stage) => stage.id === text(deal, 'stageId'));
  return (
    <div
      className={classes['steps']}
      role="img"
      aria-label={intl.formatMessage({ id: 'deal.step' }, { step: reached + 1, count: steps.length })}
    >
      {steps.map((stage, i) => (
        <i key={stage.id} data-on={i <= reached || undefined} data-lost={lost || undefined} title={stage.name} />
      ))}
    </div>
  );
}

const dayMs = 86_400_000;

function StageAge({ deal }: { deal: CrmRecord }) {
  const stage = stagesOf(useRecord(text(deal, 'pipelineId') || undefined)).find(({ id }) => id === text(deal, 'stageId'));
  const now = useMinute();
  const since = Date.parse(text(deal, 'stageSince') || text(deal, 'createdAt'));
  if (!stage || Number.isNaN(since)) return null;
  const days = Math.max(0, Math.floor((now - since) / dayMs));
  return (
    <span>
      <b>{stage.name}</b>{' '}
      <span className="soft">
        <FormattedMessage id="deal.forDays" values={{ days }} />
      </span>
    </span>
  );
}
