import { lazy, Suspense } from 'react';

// Boards are shown long before the first deal is opened on them.
const DealDrawer = lazy(() => import('../../features/deal/index.tsx').then((module) => ({ default: module.DealDrawer })));

/** The deal that is open beside a page, loaded when there is one. */
export function OpenDeal(props: { dealId: string | undefined; onClose(): void; onOpenCustomer(id: string): void }) {
  const { dealId, ...doors } = props;
  if (!dealId) return null;
  return (
    <Suspense>
      <DealDrawer dealId={dealId} {...doors} />
    </Suspense>
  );
}
