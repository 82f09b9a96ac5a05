import { describe, expect, it } from 'vitest';
import { defineArgs, editArgs, type FieldValues, fieldMerging, newField } from './fieldValues.ts';
import { decide } from './threeWay.ts';

const { merge } = fieldMerging;

const saved: FieldValues = {
  ...newField,
  key: 'harvest',
  kind: 'choice',
  labels: { en: 'Harvest', es: 'Cosecha' },
  choices: [{ key: 'spring', labels: { en: 'Spring' } }],
  why: 'The warehouse plans with it.',
};

describe('what is sent of a field', () => {
  it('leaves out labels and choices without a word', () => {
    const values = {
      ...saved,
      labels: { en: 'Harvest', ru: ' ' },
      choices: [...saved.choices, { key: 'x', labels: { en: '' } }],
    };
    expect(defineArgs('id', 'deal', 'harvest', values)).toEqual({
      id: 'id',
      recordType: 'deal',
      key: 'harvest',
      kind: 'choice',
      labels: { en: 'Harvest' },
      group: 'standard',
      required: false,
      choices: saved.choices,
      why: 'The warehouse plans with it.',
    });
  });
  it('names what it links to only where it links', () => {
    expect(defineArgs('id', 'deal', 'k', { ...newField, kind: 'link' })).toMatchObject({ linkType: 'customer' });
    expect(defineArgs('id', 'deal', 'k', newField)).not.toHaveProperty('linkType');
  });
  it.each<[string, Partial<FieldValues>, Record<string, unknown>]>([
    ['nothing where nothing changed', {}, {}],
    ['one thing where one changed', { required: true }, { required: true }],
    ['an empty reason, so that it goes', { why: ' ' }, { why: '' }],
    ['all labels where one changed', { labels: { en: 'Crop', es: 'Cosecha' } }, { labels: { en: 'Crop', es: 'Cosecha' } }],
    ['the labels without the one that was emptied', { labels: { en: 'Harvest', es: '' } }, { labels: { en: 'Harvest' } }],
  ])('of an edit: %s', (_name, change, want) => {
    expect(editArgs('id', 3, saved, { ...saved, ...change })).toEqual({ id: 'id', basedOn: 3, values: want });
  });
});

describe('a draft of a field on top of what others saved', () => {
  const mine = (change: Partial<FieldValues>) => ({ ...saved, ...change });
  it('joins labels of two languages', () => {
    const { values, clashes } = merge(
      { base: saved, mine: mine({ labels: { en: 'Crop', es: 'Cosecha' } }) },
      mine({ labels: { en: 'Harvest', es: 'Cosecha', ru: 'Урожай' } }),
    );
    expect(values.labels).toEqual({ en: 'Crop', es: 'Cosecha', ru: 'Урожай' });
    expect(clashes).toEqual([]);
  });
  it('tells where both changed the same, and a decision ends it', () => {
    const ours = mine({ labels: { en: 'Crop', es: 'Siembra' }, group: 'money' });
    const theirs = mine({ labels: { en: 'Yield' }, group: 'notes' }); // without the Spanish one
    let sides = { base: saved, mine: ours };
    const { values, clashes } = merge(sides, theirs);
    expect(clashes.map(({ path }) => path)).toEqual(['labels/en', 'labels/es', 'group']);
    expect([values.labels['en'], values.group]).toEqual(['Crop', 'money']);
    for (const { path } of clashes) sides = decide(fieldMerging, sides, theirs, path, path === 'group' ? 'theirs' : 'mine');
    const after = merge(sides, theirs);
    expect([after.values.labels, after.values.group, after.clashes]).toEqual([{ en: 'Crop', es: 'Siembra' }, 'notes', []]);
  });
});
