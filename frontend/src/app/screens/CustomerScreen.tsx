import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { CustomerPage } from '../../features/customers/index.tsx';
import { OpenDeal } from './OpenDeal.tsx';

/** A customer, and the deal that is open beside it. */
export function CustomerScreen() {
  const { customerId } = useParams({ from: '/shell/customers/$customerId' });
  const { deal } = useSearch({ from: '/shell/customers/$customerId' });
  const navigate = useNavigate({ from: '/customers/$customerId' });
  const open = (id: string) => void navigate({ to: '/customers/$customerId', params: { customerId: id } });
  return (
    <>
      <CustomerPage
        customerId={customerId}
        onOpenDeal={(id) => void navigate({ search: { deal: id } })}
        onOpenCustomer={open}
        onBack={() => void navigate({ to: '/customers' })}
      />
      <OpenDeal dealId={deal} onClose={() => void navigate({ search: {} })} onOpenCustomer={open} />
    </>
  );
}
