import { useEffect, useRef } from 'react';
import { useIntl } from 'react-intl';
import { type CrmRecord, useRecordView, useWatch } from '../../api/hooks.ts';
import { Comments, SaySomething } from '../../records/Comments.tsx';
import { History } from '../../records/History.tsx';
import { nameOf } from '../../records/people.ts';
import { RecordFields } from '../../records/RecordFields.tsx';
import { RecordMissing } from '../../records/RecordStates.tsx';
import { useReaders, useVisibleTo } from '../../records/readers.ts';
import { Why } from '../../records/Why.tsx';
import { DealHead } from './DealHead.tsx';
import classes from './deal.module.css';
import { NextStage } from './NextStage.tsx';

export interface DealDrawerProps {
  readonly dealId: string;
  onClose(): void;
  onOpenCustomer(customerId: string): void;
}

/** A deal beside the board, which stays usable: not a modal window, a neighbour. */
export function DealDrawer({ dealId, onClose, onOpenCustomer }: DealDrawerProps) {
  const intl = useIntl();
  const drawer = useRef<HTMLElement>(null);
  const view = useRecordView(dealId);
  useWatch({ record: dealId });
  useVisit(drawer, dealId);
  const label = nameOf(view.record) || intl.formatMessage({ id: 'deal.deal' });
  return (
    <aside
      ref={drawer}
      className={classes['drawer']}
      aria-label={label}
      tabIndex={-1}
      data-testid="deal-drawer"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) onClose();
      }}
    >
      {/* A deal just made exists before the server has confirmed it: what is here is shown. */}
      {view.record ? (
        <Deal key={dealId} deal={view.record} may={view.may} onClose={onClose} onOpenCustomer={onOpenCustomer} />
      ) : (
        <RecordMissing view={view} recordId={dealId} onBack={onClose} />
      )}
    </aside>
  );
}

function Deal({
  deal,
  may,
  onClose,
  onOpenCustomer,
}: Omit<DealDrawerProps, 'dealId'> & { deal: CrmRecord; may: readonly string[] }) {
  const readers = useReaders(deal);
  const visibleTo = useVisibleTo(readers);
  return (
    <>
      <DealHead deal={deal} readers={readers} may={may} onClose={onClose} onOpenCustomer={onOpenCustomer} />
      <div className={classes['body']}>
        <RecordFields record={deal} may={may} readers={readers} />
        <NextStage deal={deal} />
        <Comments recordId={deal.id} />
        <History record={deal} />
        <Why recordId={deal.id} />
      </div>
      <div className={classes['say']}>
        <SaySomething record={deal} may={may} visibleTo={visibleTo('comments')} />
      </div>
    </>
  );
}

/** Takes the focus when a deal opens, and gives it back to the card it came from. */
function useVisit(drawer: React.RefObject<HTMLElement | null>, dealId: string): void {
  useEffect(() => {
    drawer.current?.focus({ preventScroll: true });
    return () => {
      requestAnimationFrame(() => {
        if (document.activeElement === document.body)
          document.querySelector<HTMLElement>(`[data-deal="${CSS.escape(dealId)}"]`)?.focus();
      });
    };
  }, [drawer, dealId]);
}
