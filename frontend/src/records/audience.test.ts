import { describe, expect, it } from 'vitest';
import type { CrmRecord } from '../api/hooks.ts';
import { departmentsAbove, watchersOf, watchersOfRecord, worksOn } from './audience.ts';

const record = (type: string, id: string, fields: Record<string, unknown>): CrmRecord => ({
  type,
  id,
  version: 1,
  fields,
  masked: [],
});
const rule = (who: string, action: string, fields: string, what = 'board:b') =>
  record('rule', who + action, { who, action, what, fields, effect: 'may' });

const departments = [
  record('department', 'company', {}),
  record('department', 'north', { parentId: 'company' }),
  record('department', 'field', { parentId: 'north' }),
  record('department', 'marketing', { parentId: 'company' }),
];
const board = record('board', 'b', { departmentId: 'north', pipelineId: 'p' });
const rules = [rule('department:marketing', 'see', 'standard+notes'), rule('department:marketing', 'comment', 'standard')];

describe('watchersOf', () => {
  it('names the own department first, and what the others do not see', () => {
    expect(watchersOf(board, rules)).toEqual([
      { departmentId: 'north', without: [], shared: false },
      { departmentId: 'marketing', without: ['money', 'reach'], shared: true },
    ]);
  });
  it('takes no rule about another board for one about this', () => {
    expect(watchersOf(board, [rule('department:marketing', 'see', 'all', 'board:x')])).toHaveLength(1);
  });
});

it('a deal is seen by those who see its board, and by those it was shared with', () => {
  const deal = record('deal', 'd', { departmentId: 'field', pipelineId: 'p', sharedWith: ['finance'] });
  const seen = watchersOfRecord(deal, [board], rules, (id) => departmentsAbove(departments, id));
  expect(seen.map(({ departmentId }) => departmentId)).toEqual(['field', 'finance', 'marketing']);
});

it('a loop of departments ends', () => {
  const loop = [record('department', 'a', { parentId: 'b' }), record('department', 'b', { parentId: 'a' })];
  expect([...departmentsAbove(loop, 'a')]).toEqual(['a', 'b']);
});

describe('worksOn', () => {
  it.each<[string, string, string[], boolean]>([
    ['the own department moves', 'move', ['north'], true],
    ['one above does', 'move', ['company'], true],
    ['one it is shared with for comments does not', 'move', ['marketing'], false],
    ['but comments', 'comment', ['marketing'], true],
    ['one below the board’s does not', 'create', ['field'], false],
  ])('%s', (_name, action, mine, want) => {
    expect(worksOn(board, action, mine, departments, rules)).toBe(want);
  });
});
