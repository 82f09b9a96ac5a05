import type { Import, ImportAnalysis, ImportSettings } from '../../api/wire.ts';

/** What is recognised once more with changed settings; the rest stays as chosen. */
export type Again = 'nothing' | 'columns' | 'layout';

export interface SettingsProps {
  readonly settings: ImportSettings;
  readonly analysis: ImportAnalysis;
  onChange(settings: ImportSettings, again?: Again): void;
}

/** The settings to ask the server with: what shall be recognised is left out. */
export function questionOf(settings: ImportSettings, again: Again): Partial<ImportSettings> {
  if (again === 'nothing') return settings;
  const { columns: _columns, stages: _stages, people: _people, ...rest } = settings;
  return again === 'layout' ? { ...rest, headerRow: -1 } : rest;
}

/** Two wishes before one answer: the later one counts, for it was made of the earlier one's settings. */
export function joined(before: Again, now: Again): Again {
  return now === 'nothing' ? before : now;
}

/** What has to be decided before an import can begin. */
export type Undecided = 'dates' | 'stages' | 'title';

/** In the order of the page; nothing while the server's answer is not there. */
export function undecided({ analysis }: Pick<Import, 'analysis'>, settings: ImportSettings): Undecided[] {
  if (!analysis) return [];
  const found: Undecided[] = [];
  const naming = ['title', 'customer', 'product', 'externalId'];
  if (!settings.columns.some(({ field }) => naming.includes(field))) found.push('title');
  if (settings.columns.some(({ field, dateOrder }) => field !== '' && dateOrder === 'ask')) found.push('dates');
  if (!analysis.rights.pipelines && settings.stages.some(({ stageId }) => stageId === '')) found.push('stages');
  return found;
}
