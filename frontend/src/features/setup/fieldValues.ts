import { type CrmRecord, text } from '../../api/hooks.ts';
import { sameJson } from '../../lib/equal.ts';
import { type Clash, type Merging, threeWay } from './threeWay.ts';

/** A choice of a field; labels by language. */
export interface ChoiceValues {
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** All that the form writes of a custom field. */
export interface FieldValues {
  /** By language. */
  readonly labels: Readonly<Record<string, string>>;
  /** Without "fields."; '' while it follows the label. */
  readonly key: string;
  readonly kind: string;
  readonly group: string;
  readonly linkType: string;
  readonly choices: readonly ChoiceValues[];
  readonly required: boolean;
  readonly why: string;
}

/** The kinds a custom field can have, the plain ones first. */
export const kinds = [
  'text',
  'longtext',
  'number',
  'money',
  'date',
  'time',
  'choice',
  'choices',
  'bool',
  'user',
  'department',
  'link',
  'email',
  'emails',
  'phone',
  'phones',
  'address',
  'url',
] as const;

/** The groups by which policy shows and hides fields. */
export const fieldGroups = ['standard', 'money', 'reach', 'notes'] as const;

/** Under this name drafts of fields are kept; the number rises with their shape, so that none of an older app is read. */
export const fieldDraft = 'field/1';

/** Where the draft of a field that is being defined is kept: one for each record type. */
export const newFieldDraftId = (recordType: string) => `new-${recordType}`;

/** What a new field begins with. */
export const newField: FieldValues = {
  labels: {},
  key: '',
  kind: 'text',
  group: 'standard',
  linkType: 'customer',
  choices: [],
  required: false,
  why: '',
};

/** What the editor begins with for a field that exists. */
export function fieldValuesOf(definition: CrmRecord): FieldValues {
  const { labels, choices, required } = definition.fields;
  return {
    labels: asLabels(labels),
    key: text(definition, 'key'),
    kind: text(definition, 'kind'),
    group: text(definition, 'group') || 'standard',
    linkType: text(definition, 'linkType'),
    choices: Array.isArray(choices) ? choices.map(asChoice) : [],
    required: required === true,
    why: text(definition, 'why'),
  };
}

function asChoice(value: unknown): ChoiceValues {
  const { key, labels } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  return { key: String(key ?? ''), labels: asLabels(labels) };
}

function asLabels(value: unknown): Record<string, string> {
  return typeof value === 'object' && value !== null ? (value as Record<string, string>) : {};
}

/** Labels of which the empty ones are left out: the server takes an empty label for a mistake. */
function written(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, label]) => label.trim() !== ''));
}

const hasChoices = (kind: string) => kind === 'choice' || kind === 'choices';

/** Choices to send: those with a word, each with a key. */
function sentChoices({ choices }: FieldValues): ChoiceValues[] {
  return choices
    .map((choice) => ({ key: choice.key, labels: written(choice.labels) }))
    .filter(({ labels }) => Object.keys(labels).length > 0);
}

/** Arguments of the command field.define. */
export function defineArgs(id: string, recordType: string, key: string, values: FieldValues): Record<string, unknown> {
  return {
    id,
    recordType,
    key,
    kind: values.kind,
    labels: written(values.labels),
    group: values.group,
    required: values.required,
    ...(hasChoices(values.kind) && { choices: sentChoices(values) }),
    ...(values.kind === 'link' && { linkType: values.linkType }),
    ...(values.why.trim() && { why: values.why.trim() }),
  };
}

/** Arguments of the command field.edit: what differs from what is saved, so that others' changes of the rest stay. */
export function editArgs(id: string, basedOn: number, saved: FieldValues, values: FieldValues): Record<string, unknown> {
  const now: Record<string, unknown> = {
    labels: written(values.labels),
    group: values.group,
    required: values.required,
    why: values.why.trim(),
    ...(hasChoices(values.kind) && { choices: sentChoices(values) }),
  };
  const changed = Object.entries(now).filter(([key, value]) => !sameJson(value, saved[key as keyof FieldValues]));
  return { id, basedOn, values: Object.fromEntries(changed) };
}

/**
 * Joins drafts of fields, labels language by language; key, kind and what it
 * links to never change. A clash is at labels/<language>, group, choices,
 * required or why.
 */
export const fieldMerging: Merging<FieldValues> = {
  merge: ({ base, mine }, theirs) => {
    const clashes: Clash[] = [];
    const key = <K extends keyof FieldValues>(name: K) => threeWay(clashes, name, base[name], mine[name], theirs[name]);
    const languages = [...new Set([base, mine, theirs].flatMap(({ labels }) => Object.keys(labels)))];
    const labels = languages.map((language) => {
      const of = (side: FieldValues) => side.labels[language] ?? '';
      return [language, threeWay(clashes, `labels/${language}`, of(base), of(mine), of(theirs))] as const;
    });
    const values = {
      ...theirs,
      labels: Object.fromEntries(labels.filter(([, label]) => label !== '')),
      group: key('group'),
      choices: key('choices'),
      required: key('required'),
      why: key('why'),
    };
    return { values, clashes };
  },
  copy: (values, other, path) => {
    const [place = '', language = ''] = path.split('/');
    if (place !== 'labels') return { ...values, [place]: other[place as keyof FieldValues] };
    return { ...values, labels: { ...values.labels, [language]: other.labels[language] ?? '' } };
  },
};
