import { expect, it } from 'vitest';
import { keyFrom } from './keyFrom.ts';

it.each<[string, string, string[], string]>([
  ['joins words', 'Harvest date', [], 'harvestDate'],
  ['drops accents', 'Código postal', [], 'codigoPostal'],
  ['drops the breve that й is made of', 'Дайджест', [], 'daydzhest'],
  ['writes Cyrillic in Latin letters', 'Дата урожая', [], 'dataUrozhaya'],
  ['numbers what has no Latin letters', '採收日期', [], 'field1'],
  ['goes on numbering', '採收', ['field1'], 'field2'],
  ['begins with a letter', '2nd contact', [], 'ndContact'],
  ['does not take a key twice', 'Harvest', ['harvest', 'harvest2'], 'harvest3'],
  ['avoids what JavaScript calls its own', 'Constructor', [], 'field1'],
  ['keeps within the length a key may have', 'a'.repeat(200), [], 'a'.repeat(61)],
  ['has an answer for nothing', ' – ', [], 'field1'],
])('%s', (_name, words, taken, want) => {
  expect(keyFrom(words, new Set(taken))).toBe(want);
});
