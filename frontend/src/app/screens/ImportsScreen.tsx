import { useNavigate } from '@tanstack/react-router';
import { ImportsPage } from '../../features/imports/index.tsx';

export function ImportsScreen() {
  const navigate = useNavigate();
  return <ImportsPage onOpenBoard={(boardId) => void navigate({ to: '/boards/$boardId', params: { boardId } })} />;
}
