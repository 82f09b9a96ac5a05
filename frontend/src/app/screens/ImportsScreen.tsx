import { useNavigate } from '@tanstack/react-router';
import { ImportsPage } from '../../features/imports/index.tsx';

/** The list of imports at its address. */
export function ImportsScreen() {
  const navigate = useNavigate();
  return <ImportsPage onOpen={(importId) => void navigate({ to: '/imports/$importId', params: { importId } })} />;
}
