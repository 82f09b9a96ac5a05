import { lazyPart, Part } from '../../ui/part.tsx';
import { screens } from '../screens.ts';

// Boards are shown long before the first deal is opened on them.
const drawer = lazyPart(async () => (await screens.deal()).DealDrawer);

/** The deal that is open beside a page, if there is one. */
export function OpenDeal(props: { dealId: string | undefined; onClose(): void; onOpenCustomer(id: string): void }) {
  const { dealId, ...doors } = props;
  return dealId ? <Part of={drawer} with={{ dealId, ...doors }} /> : null;
}
