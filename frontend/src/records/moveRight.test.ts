import { describe, expect, it } from 'vitest';
import type { CrmRecord, FieldsOf } from '../api/hooks.ts';
import type { Reach } from '../api/wire.ts';
import { moveRight } from './moveRight.ts';

const record = <T extends string>(type: T, id: string, fields: FieldsOf<T>): CrmRecord<T> => ({
  type,
  id,
  version: 1,
  fields,
  masked: [],
});
const departments = [
  record('department', 'company', {}),
  record('department', 'north', { parentId: 'company' }),
  record('department', 'harbour', { parentId: 'north' }),
  record('department', 'marketing', { parentId: 'company' }),
];
const board = record('board', 'b', { departmentId: 'north', pipelineId: 'p' });
const share = record('rule', 'r', {
  who: 'department:marketing',
  action: 'move',
  what: 'board:b',
  effect: 'may',
  boardId: 'b',
  departmentId: 'marketing',
});
const mine = record('deal', 'm', { ownerId: 'me', departmentId: 'north' });
const colleague = record('deal', 'c', { ownerId: 'you', departmentId: 'north' });
const team = record('deal', 't', { ownerId: 'you', departmentId: 'harbour' });

describe('moveRight', () => {
  it.each<[string, Reach, string[], CrmRecord<'rule'>[], boolean, string]>([
    ['a member moves his own deals', { own: true, departments: [] }, ['north'], [], true, 'm'],
    [
      'a lead of a team moves his own and those of the team',
      { own: true, departments: ['harbour'] },
      ['harbour'],
      [],
      true,
      'mt',
    ],
    ['a head moves all', { own: true, departments: ['north', 'harbour'] }, ['north'], [], true, 'mct'],
    ['a guest moves none', { own: false, departments: [] }, ['north'], [], false, ''],
    ['who leads elsewhere moves none here', { own: false, departments: ['marketing'] }, ['marketing'], [], false, ''],
    ['who was given the board to move on moves all', { own: false, departments: [] }, ['marketing'], [share], true, 'mct'],
    ['what was given to another department is not his', { own: false, departments: [] }, ['north'], [share], false, ''],
  ])('%s', (_name, reach, held, rules, some, moves) => {
    const right = moveRight(board, 'me', reach, held, departments, rules);
    const moved = [mine, colleague, team].filter((deal) => right.of(deal)).map(({ id }) => id);
    expect([right.some, moved.join('')]).toEqual([some, moves]);
  });
});
