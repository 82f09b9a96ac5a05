import { describe, expect, it } from 'vitest';
import { pipelineMerging } from './mergePipeline.ts';
import {
  goneFrom,
  newStage,
  type PipelineValues,
  withNewStage,
  withoutStage,
  withStage,
  withStageAt,
  withStagesBack,
} from './pipelineValues.ts';
import { decide, rebase } from './threeWay.ts';

const { merge } = pipelineMerging;

const base: PipelineValues = {
  name: 'Wholesale',
  departmentId: 'north',
  lostReasons: ['price'],
  stages: [newStage('talk', 'Talk', 'open', 10), newStage('offer', 'Offer', 'open', 50), newStage('won', 'Won', 'won', 100)],
};
const renamed = (id: string, name: string) => withStage(base, id, { name });
const added = (id: string) => withNewStage(base, newStage(id, id, 'open', 20));
const ids = (values: PipelineValues) => values.stages.map(({ id }) => id).join(' ');
const names = (values: PipelineValues) => values.stages.map(({ name }) => name).join(' ');

describe('a draft on top of what others saved', () => {
  it.each<[string, PipelineValues, PipelineValues, string, string[]]>([
    ['keeps the own change where nobody else was', renamed('talk', 'Chat'), base, 'Chat Offer Won', []],
    ['shows theirs where one has not been', base, renamed('talk', 'Chat'), 'Chat Offer Won', []],
    ['joins changes of two stages', renamed('talk', 'Chat'), renamed('offer', 'Quote'), 'Chat Quote Won', []],
    [
      'joins changes of two things of one stage',
      renamed('talk', 'Chat'),
      withStage(base, 'talk', { why: 'Because.' }),
      'Chat Offer Won',
      [],
    ],
    ['is of one mind with the same change', renamed('talk', 'Chat'), renamed('talk', 'Chat'), 'Chat Offer Won', []],
    [
      'shows the own name where both renamed, and that they clash',
      renamed('talk', 'Chat'),
      renamed('talk', 'Call'),
      'Chat Offer Won',
      ['stages/talk/name'],
    ],
    ['has the stages that both added', added('mine'), added('theirs'), 'Talk Offer theirs mine Won', []],
    ['loses a stage that somebody else took away', base, withoutStage(base, 'talk'), 'Offer Won', []],
    ['does not bring back what one took away oneself', withoutStage(base, 'talk'), base, 'Offer Won', []],
    [
      'keeps what one is working on though somebody else took it away',
      renamed('talk', 'Chat'),
      withoutStage(base, 'talk'),
      'Chat Offer Won',
      ['stages/talk'],
    ],
    [
      'shows again what one took away if somebody else has worked on it',
      withoutStage(base, 'talk'),
      renamed('talk', 'Chat'),
      'Chat Offer Won',
      ['stages/talk'],
    ],
    ['takes their order', base, withStageAt(base, 'won', 0), 'Won Talk Offer', []],
    ['keeps the own order', withStageAt(base, 'won', 0), renamed('talk', 'Chat'), 'Won Chat Offer', []],
    [
      'shows the own order where both sorted',
      withStageAt(base, 'won', 0),
      withStageAt(base, 'talk', 1),
      'Won Talk Offer',
      ['order'],
    ],
  ])('%s', (_name, mine, theirs, want, clashing) => {
    const { values, clashes } = merge({ base, mine }, theirs);
    expect(names(values)).toBe(want);
    expect(clashes.map(({ path }) => path)).toEqual(clashing);
  });

  it('joins name, department and reasons one by one', () => {
    const { values, clashes } = merge(
      { base, mine: { ...base, name: 'Harbour', lostReasons: ['price', 'weather'] } },
      { ...base, name: 'Docks', departmentId: 'south' },
    );
    expect([values.name, values.departmentId, values.lostReasons.length]).toEqual(['Harbour', 'south', 2]);
    expect(clashes).toEqual([{ path: 'name', theirs: 'Docks' }]);
  });
});

describe('a clash that was decided', () => {
  const both: [string, PipelineValues, PipelineValues, string, string, string][] = [
    ['of a name', renamed('talk', 'Chat'), renamed('talk', 'Call'), 'stages/talk/name', 'Chat Offer Won', 'Call Offer Won'],
    [
      'of a stage they took away',
      renamed('talk', 'Chat'),
      withoutStage(base, 'talk'),
      'stages/talk',
      'Chat Offer Won',
      'Offer Won',
    ],
    [
      'of a stage one took away oneself',
      withoutStage(base, 'talk'),
      renamed('talk', 'Chat'),
      'stages/talk',
      'Offer Won',
      'Chat Offer Won',
    ],
    ['of the order', withStageAt(base, 'won', 0), withStageAt(base, 'talk', 1), 'order', 'Won Talk Offer', 'Offer Talk Won'],
  ];
  it.each(both)('%s is decided for good', (_name, mine, theirs, path, wantMine, wantTheirs) => {
    for (const [keep, want] of [['mine', wantMine] as const, ['theirs', wantTheirs] as const]) {
      const { values, clashes } = merge(decide(pipelineMerging, { base, mine }, theirs, path, keep), theirs);
      expect([keep, names(values), clashes]).toEqual([keep, want, []]);
    }
  });
  it('stays open while one goes on writing elsewhere', () => {
    const theirs = renamed('talk', 'Call');
    const sides = rebase(pipelineMerging, { base, mine: renamed('talk', 'Chat') }, theirs);
    const { values, clashes } = merge({ ...sides, mine: withStage(sides.mine, 'offer', { name: 'Quote' }) }, theirs);
    expect(names(values)).toBe('Chat Quote Won');
    expect(clashes.map(({ path }) => path)).toEqual(['stages/talk/name']);
  });
});

describe('the stages of a draft', () => {
  it.each<[string, PipelineValues, string]>([
    ['a new one comes behind the last open one', added('x'), 'talk offer x won'],
    ['one goes up', withStageAt(base, 'won', 1), 'talk won offer'],
    ['at the top it stays', withStageAt(base, 'talk', -1), 'talk offer won'],
    ['at the bottom it stays', withStageAt(base, 'won', 9), 'talk offer won'],
    [
      'what still holds deals comes back to its place',
      withStagesBack(withoutStage(base, 'offer'), base, ['offer']),
      'talk offer won',
    ],
  ])('%s', (_name, values, want) => {
    expect(ids(values)).toBe(want);
  });

  it('what is won is certain and never idle', () => {
    const won = withStage(base, 'talk', { kind: 'won', idleDays: 7 }).stages[0];
    expect([won?.probability, won?.idleDays]).toEqual([100, '']);
  });

  it('a stage that goes leaves the lists of others, but never opens one to everything', () => {
    const ruled = withStage(withStage(base, 'won', { from: ['talk', 'offer'] }), 'talk', { from: ['offer'] });
    const left = withoutStage(ruled, 'offer');
    expect(left.stages.map(({ from }) => from)).toEqual([['offer'], ['talk']]);
    expect(left.stages.map((stage) => goneFrom(left, stage))).toEqual([['offer'], []]);
    const back = withStagesBack(left, ruled, ['offer']);
    expect(back.stages.map(({ from }) => from)).toEqual(ruled.stages.map(({ from }) => from));
  });
});
