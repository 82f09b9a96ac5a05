import { useNavigate, useParams } from '@tanstack/react-router';
import { ImportPage } from '../../features/imports/index.tsx';

/** An import; it is in the address, so that a reload goes on where it was. */
export function ImportScreen() {
  const { importId } = useParams({ from: '/shell/imports/$importId' });
  const navigate = useNavigate();
  return (
    <ImportPage
      key={importId}
      importId={importId}
      onBack={() => void navigate({ to: '/imports' })}
      onOpenBoard={(boardId) => void navigate({ to: '/boards/$boardId', params: { boardId } })}
      onOpenDeal={(boardId, deal) => void navigate({ to: '/boards/$boardId', params: { boardId }, search: { deal } })}
    />
  );
}
