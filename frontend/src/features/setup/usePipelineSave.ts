import { useRef, useState } from 'react';
import { useIntl } from 'react-intl';
import { type CommandOutcome, useCommand, useOutbox } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { useFieldProblems, useProblemText } from '../../ui/index.ts';
import { type PipelineValues, type StageValues, saveArgs } from './pipelineValues.ts';

/** What the server said to the last attempt, beside the place it is about. */
export interface SaveProblems {
  /** Rises with each refusal; 0 while there is none. */
  readonly attempt: number;
  /** About all of it; undefined when the places say enough. */
  readonly general: string | undefined;
  of(place: 'name' | 'departmentId' | 'lostReasons'): string | undefined;
  ofStage(stageId: string, key: keyof StageValues): string | undefined;
  /** Whether anything is wrong with a stage. */
  concerns(stageId: string): boolean;
  /** Stages that cannot go, because deals stand in them. */
  readonly inUse: readonly string[];
}

/** Saves a pipeline and keeps what the server objected to. */
export function usePipelineSave(id: string) {
  const intl = useIntl();
  const run = useCommand();
  const { waiting } = useOutbox();
  const [refused, setRefused] = useState<Refused>();
  const attempts = useRef(0);
  const problems = useProblems(refused);
  const sending = waiting.some(({ name, args }) => name === 'pipeline.save' && args['id'] === id);

  const save = async (sent: PipelineValues, basedOn: number): Promise<CommandOutcome> => {
    setRefused(undefined);
    const outcome = await run({
      name: 'pipeline.save',
      args: saveArgs(id, basedOn, sent),
      label: intl.formatMessage({ id: 'setup.pipelineSaved' }, { name: sent.name }),
      refusal: 'caller',
    });
    if (!outcome.ok) {
      attempts.current += 1;
      setRefused({ problem: outcome.problem, stageIds: sent.stages.map((stage) => stage.id), attempt: attempts.current });
    }
    return outcome;
  };
  return { save, sending, problems, forget: () => setRefused(undefined) };
}

interface Refused {
  readonly problem: Problem;
  /** Of the stages sent, in their order: the server goes by places. */
  readonly stageIds: readonly string[];
  readonly attempt: number;
}

function useProblems(refused: Refused | undefined): SaveProblems {
  const problemText = useProblemText();
  const fieldProblems = useFieldProblems();
  const { problem, stageIds = [] } = refused ?? {};
  const fields = fieldProblems(problem?.fields);
  const at = (stageId: string) => `stages[${stageIds.indexOf(stageId)}].`;
  const inUse = problem?.params?.['stageIds']?.split(' ') ?? [];
  const lostReason = Object.keys(fields).find((place) => place.startsWith('lostReasons'));
  const placed = Object.keys(fields).filter((place) => place !== 'stages');
  return {
    attempt: refused?.attempt ?? 0,
    general: problem && (fields['stages'] || placed.length === 0) ? (fields['stages'] ?? problemText(problem)) : undefined,
    of: (place) => fields[place === 'lostReasons' ? (lostReason ?? '') : place],
    ofStage: (stageId, key) => fields[at(stageId) + key],
    concerns: (stageId) =>
      inUse.includes(stageId) || Object.keys(fields).some((place) => stageIds.includes(stageId) && place.startsWith(at(stageId))),
    inUse,
  };
}
