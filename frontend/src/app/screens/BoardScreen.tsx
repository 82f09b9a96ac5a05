import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { BoardPage } from '../../features/board/index.tsx';
import { OpenDeal } from './OpenDeal.tsx';

/** A board, and the deal that is open beside it. Both are in the address. */
export function BoardScreen() {
  const { boardId } = useParams({ from: '/shell/boards/$boardId' });
  const { deal } = useSearch({ from: '/shell/boards/$boardId' });
  const navigate = useNavigate({ from: '/boards/$boardId' });
  return (
    <>
      <BoardPage boardId={boardId} openDealId={deal} onOpenDeal={(id) => void navigate({ search: { deal: id } })} />
      <OpenDeal
        dealId={deal}
        onClose={() => void navigate({ search: {} })}
        onOpenCustomer={(customerId) => void navigate({ to: '/customers/$customerId', params: { customerId } })}
      />
    </>
  );
}
