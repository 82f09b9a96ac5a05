import { describe, expect, it } from 'vitest';
import type { CrmRecord, FieldsOf } from '../api/hooks.ts';
import { departmentsAbove, sharesOf, worksOn } from './shares.ts';

// The keys of the fields are those of the server's schema, or this file does not compile.
function record<T extends string>(type: T, id: string, fields: FieldsOf<T>): CrmRecord<T> {
  return { type, id, version: 1, fields, masked: [] };
}

/** A rule as board.share makes it; see server/pipeline/share.go. */
function rule(departmentId: string, action: string, fieldGroups: string, boardId = 'b'): CrmRecord<'rule'> {
  const who = `department:${departmentId}`;
  const what = `board:${boardId}`;
  return record('rule', who + action + boardId, {
    who,
    effect: 'may',
    action,
    what,
    whose: 'all',
    fieldGroups,
    boardId,
    departmentId,
  });
}

const departments = [
  record('department', 'company', {}),
  record('department', 'north', { parentId: 'company' }),
  record('department', 'field', { parentId: 'north' }),
  record('department', 'marketing', { parentId: 'company' }),
];
const board = record('board', 'b', { departmentId: 'north', pipelineId: 'p' });
const rules = [
  rule('marketing', 'see', 'standard+notes'),
  rule('marketing', 'comment', 'standard+notes'),
  // Every share also shows the names of the customers at home.
  record('rule', 'customers', {
    ...{ who: 'department:marketing', effect: 'may', action: 'see', what: 'customer', whose: 'named:north' },
    ...{ fieldGroups: 'standard', boardId: 'b', departmentId: 'marketing' },
  }),
];

describe('sharesOf', () => {
  it.each<[string, CrmRecord<'rule'>[], ReturnType<typeof sharesOf>]>([
    ['tells what was given', rules, [{ departmentId: 'marketing', groups: ['notes'], actions: ['see', 'comment'] }]],
    [
      'knows the word for all groups',
      [rule('m', 'see', 'all')],
      [{ departmentId: 'm', groups: ['money', 'reach', 'notes'], actions: ['see'] }],
    ],
    ['leaves out what was given on another board', [rule('m', 'see', 'all', 'x')], []],
  ])('%s', (_name, given, want) => {
    expect(sharesOf('b', given)).toEqual(want);
  });
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
