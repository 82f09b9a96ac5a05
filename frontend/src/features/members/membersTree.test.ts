import { expect, it } from 'vitest';
import type { CrmRecord } from '../../api/hooks.ts';
import { membersTree, peopleWithoutRole } from './membersTree.ts';

const record = (type: string, id: string, fields: Record<string, unknown>): CrmRecord => ({
  type,
  id,
  version: 1,
  fields,
  masked: [],
});
const users = [
  record('user', 'u1', { name: 'Mei' }),
  record('user', 'u2', { name: 'Ana' }),
  record('user', 'u3', { name: 'Ole' }),
];
const seat = (userId: string, departmentId: string) =>
  record('membership', `${userId}-${departmentId}`, { userId, departmentId, role: 'member' });

function shape(departments: CrmRecord[], memberships: CrmRecord[]) {
  return membersTree(departments, memberships, users, 'en').map(({ department, depth, people }) => [
    department.id,
    depth,
    people.map(({ user }) => user.id).join(),
  ]);
}

it('shows each department before those below it, and people by name', () => {
  const departments = [
    record('department', 'north', { name: 'North', parentId: 'sales' }),
    record('department', 'sales', { name: 'Sales', parentId: 'all' }),
    record('department', 'all', { name: 'Kestrel' }),
    record('department', 'marketing', { name: 'Marketing', parentId: 'all' }),
  ];
  expect(shape(departments, [seat('u1', 'north'), seat('u2', 'north')])).toEqual([
    ['all', 0, ''],
    ['marketing', 1, ''],
    ['sales', 1, ''],
    ['north', 2, 'u2,u1'],
  ]);
});

it('shows a department below a hidden one at the top', () => {
  expect(shape([record('department', 'north', { name: 'North', parentId: 'hidden' })], [])).toEqual([['north', 0, '']]);
});

it('leaves out memberships of people one may not see', () => {
  expect(shape([record('department', 'all', { name: 'Kestrel' })], [seat('hidden', 'all')])).toEqual([['all', 0, '']]);
});

it('finds people who hold no role', () => {
  expect(peopleWithoutRole([seat('u1', 'all'), seat('u2', 'all')], users).map(({ id }) => id)).toEqual(['u3']);
});
