import { describe, expect, it } from 'vitest';
import type { CrmRecord } from '../../api/hooks.ts';
import type { Stage } from '../../records/stages.ts';
import { barrier } from './barrier.ts';

const stage = (id: string, from: string[] = [], why = ''): Stage => ({
  id,
  name: id.toUpperCase(),
  kind: 'open',
  probability: 0,
  idleDays: 0,
  requires: [],
  from,
  why,
});
const stages = [
  stage('talk'),
  stage('needs'),
  stage('offer', ['talk', 'needs'], 'An offer follows a talk.'),
  stage('won', ['offer']),
];
const dealIn = (stageId: string, pipelineId = 'p'): CrmRecord => ({
  type: 'deal',
  id: 'd',
  version: 1,
  fields: { stageId, pipelineId },
  masked: [],
});

describe('barrier', () => {
  const mine = () => true;
  const theirs = () => false;
  it.each<[string, CrmRecord, string, () => boolean, string | undefined]>([
    ['lets a deal into a stage that names none', dealIn('won'), 'talk', mine, undefined],
    ['lets it in from a stage that is named', dealIn('needs'), 'offer', mine, undefined],
    ['keeps it out from one that is not', dealIn('won'), 'offer', mine, 'stage_not_from'],
    ['keeps it out over the heads of the stages between', dealIn('talk'), 'won', mine, 'stage_not_from'],
    ['lets it be shifted within its stage, whatever that names', dealIn('won'), 'won', mine, undefined],
    [
      'keeps a deal of another pipeline out, though its stage has a named id',
      dealIn('offer', 'q'),
      'won',
      mine,
      'stage_not_from',
    ],
    ['lets it into a stage that names none', dealIn('offer', 'q'), 'needs', mine, undefined],
    ['says that one may not move a deal before it says where it may not go', dealIn('talk'), 'won', theirs, 'may_not_move'],
    ['says so of its own stage, too', dealIn('talk'), 'talk', theirs, 'may_not_move'],
  ])('%s', (_name, deal, to, mayMove, want) => {
    const target = stages.find(({ id }) => id === to) ?? stage('?');
    expect(barrier(deal, target, { stages, pipelineId: 'p', mayMove })?.reason).toBe(want);
  });

  it('names the stages that lead there, and the reason of who made the rule', () => {
    const offer = stages[2] ?? stage('?');
    expect(barrier(dealIn('won'), offer, { stages, pipelineId: 'p', mayMove: mine })?.params).toEqual({
      stage: 'OFFER',
      from: 'TALK, NEEDS',
      why: 'An offer follows a talk.',
    });
  });
});
