import { expect, it } from 'vitest';
import type { History } from '../api/wire.ts';
import { joined } from './useHistory.ts';

const page = (offsets: number[], next?: number): History => ({
  entries: offsets.map((offset) => ({ offset, at: '', source: 'app', command: 'record.edit', mayUndo: true, changes: [] })),
  ...(next !== undefined && { next }),
});

it.each<[string, History, History, History]>([
  ['keeps the older pages behind a new entry', page([9, 8], 8), page([8, 7, 6, 5], 5), page([9, 8, 7, 6, 5], 5)],
  ['begins anew where too much has happened to meet', page([19, 18], 18), page([8, 7], 7), page([19, 18], 18)],
  ['begins with the first page', page([2, 1]), page([]), page([2, 1])],
])('%s', (_name, first, known, want) => {
  expect(joined(first, known)).toEqual(want);
});
