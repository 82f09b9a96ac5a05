import { describe, expect, it } from 'vitest';
import type { ImportAnalysis, ImportColumn, ImportSettings, ImportStage } from '../../api/wire.ts';
import { type Again, joined, questionOf, type Undecided, undecided } from './settings.ts';

const settings: ImportSettings = {
  encoding: 'utf-8',
  delimiter: ';',
  headerRow: 3,
  columns: [{ field: 'title' }],
  pipelineId: 'p',
  pipelineName: '',
  departmentId: 'd',
  stages: [],
  people: [],
  owners: 'me',
  currency: 'EUR',
};

describe('questionOf', () => {
  it('asks with all that was chosen', () => {
    expect(questionOf(settings, 'nothing')).toBe(settings);
  });
  it('another header row has other columns', () => {
    const asked = questionOf(settings, 'columns');
    expect(asked).toMatchObject({ headerRow: 3, pipelineId: 'p' });
    expect(Object.keys(asked)).not.toContain('columns');
  });
  it('other characters may have another header', () => {
    expect(questionOf(settings, 'layout')).toMatchObject({ headerRow: -1, encoding: 'utf-8' });
  });
  it.each<[string, Again, Again, Again]>([
    ['a mapping keeps the wish before it', 'layout', 'nothing', 'layout'],
    ['a header row chosen after the characters is no guess', 'layout', 'columns', 'columns'],
    ['other characters after a header row find it anew', 'columns', 'layout', 'layout'],
  ])('before one answer: %s', (_name, before, now, want) => {
    expect(joined(before, now)).toBe(want);
  });
});

describe('undecided', () => {
  const asked = (columns: ImportColumn[], stages: ImportStage[] = [], pipelines = true) =>
    undecided({ analysis: { rights: { pipelines, people: true } } as ImportAnalysis }, { ...settings, columns, stages });
  const stage = (stageId: string): ImportStage => ({ name: 'Won', stageId, kind: 'won', probability: 100, rows: 1 });
  it.each<[string, Undecided[], Undecided[]]>([
    ['nothing, mostly', asked([{ field: 'title' }, { field: '' }]), []],
    ['a deal needs something to be called by', asked([{ field: 'amount' }]), ['title']],
    ['dates that can be read both ways', asked([{ field: 'customer' }, { field: 'closeOn', dateOrder: 'ask' }]), ['dates']],
    ['but not those that are left out', asked([{ field: 'customer' }, { field: '', dateOrder: 'ask' }]), []],
    ['a stage that one may not make', asked([{ field: 'title' }], [stage('')], false), ['stages']],
    ['one that is there is decided', asked([{ field: 'title' }], [stage('s')], false), []],
    ['who may make stages need not', asked([{ field: 'title' }], [stage('')]), []],
  ])('%s', (_name, got, want) => {
    expect(got).toEqual(want);
  });
});
