import type { CrmRecord } from '../../api/hooks.ts';
import { text } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { admits, type Stage } from '../../records/stages.ts';

/**
 * Why a deal cannot be moved into a stage of the board, in the words of the
 * refusal that the server would give; undefined where it can. Drag, keys and
 * the Move sheet all ask here, so that no way offers what another one denies.
 */
export function barrier(
  deal: CrmRecord,
  stage: Stage,
  board: { readonly stages: readonly Stage[]; readonly pipelineId: string; mayMove(deal: CrmRecord): boolean },
): Problem | undefined {
  if (!board.mayMove(deal)) return refusal('forbidden', 'may_not_move', {});
  const stays = text(deal, 'pipelineId') === board.pipelineId && text(deal, 'stageId') === stage.id;
  if (stays || admits(stage, board.pipelineId, deal)) return undefined;
  const from = board.stages.filter(({ id }) => stage.from.includes(id)).map(({ name }) => name);
  return refusal('invalid', 'stage_not_from', { stage: stage.name, from: from.join(', '), why: stage.why });
}

function refusal(code: string, reason: string, params: Record<string, string>): Problem {
  return { type: 'about:blank', title: reason, status: 0, code, reason, params };
}
