import { useNavigate, useSearch } from '@tanstack/react-router';
import { CustomersPage } from '../../features/customers/index.tsx';

/** The customers; what was searched for is in the address. */
export function CustomersScreen() {
  const { q } = useSearch({ from: '/shell/customers' });
  const navigate = useNavigate({ from: '/customers' });
  return (
    <CustomersPage
      query={q ?? ''}
      onQuery={(text) => void navigate({ search: text ? { q: text } : {}, replace: true })}
      onOpen={(customerId) => void navigate({ to: '/customers/$customerId', params: { customerId } })}
    />
  );
}
