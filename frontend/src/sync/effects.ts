import { sameJson } from '../lib/equal.ts';
import { type CrmRecord, type Fields, withFields } from './record.ts';
import type { Effect } from './types.ts';

type Args = Readonly<Record<string, unknown>>;

const fieldsIn = (value: unknown): Args =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Args) : {};

/** values as a command carries them: null or '' takes a field away; custom fields may be nested under "fields". */
export function split(values: Args): { set: Fields; unset: string[] } {
  const set: Record<string, unknown> = {};
  const unset: string[] = [];
  const flat = Object.entries(values).flatMap(([key, value]) =>
    key === 'fields' ? Object.entries(fieldsIn(value)).map(([k, v]) => [`fields.${k}`, v] as const) : [[key, value] as const],
  );
  for (const [key, value] of flat) {
    if (value === null || value === '' || value === undefined) unset.push(key);
    else set[key] = value;
  }
  return { set, unset };
}

/** The values a command asks for, by which a refusal can show "yours". */
export function wantedBy(name: string, args: Args): Fields {
  switch (name) {
    case 'record.create':
    case 'record.edit':
      return fieldsIn(args['values']);
    case 'deal.move':
      return pick(args, ['stageId', 'pipelineId', 'lostReason']);
    case 'record.assign':
      return pick(args, ['ownerId']);
    case 'comment.add':
      return pick(args, ['text']);
    default:
      return {};
  }
}

function pick(args: Args, keys: readonly string[]): Fields {
  return Object.fromEntries(keys.filter((key) => key in args).map((key) => [key, args[key]]));
}

/**
 * What a command will do to the records on the screen, as far as a browser can
 * know. Whatever else it does arrives by the stream.
 */
export function effectsOf(name: string, args: Args, userId: string, now: number): Effect[] {
  const id = String(args['id'] ?? '');
  const stamps = { createdAt: new Date(now).toISOString(), createdBy: userId };
  switch (name) {
    case 'record.create':
      return [{ do: 'create', record: fresh(String(args['type']), id, { ...split(fieldsIn(args['values'])).set, ...stamps }) }];
    case 'comment.add':
      return [{ do: 'create', record: fresh('comment', id, { recordId: args['recordId'], text: args['text'], ...stamps }) }];
    case 'record.edit':
    case 'field.edit':
      return [{ do: 'set', id, ...split(fieldsIn(args['values'])) }];
    case 'deal.move': {
      const { set, unset } = split({ ...fieldsIn(args['values']), ...pick(args, ['stageId', 'pipelineId', 'lostReason']) });
      return [{ do: 'set', id, set: { ...set, stageSince: new Date(now).toISOString() }, unset }];
    }
    case 'record.assign':
      return [{ do: 'set', id, ...split(pick(args, ['ownerId'])) }];
    case 'record.trash':
      return [{ do: 'remove', id }];
    default:
      return [];
  }
}

/** The effect by which `before` becomes `after`. */
export function difference(before: CrmRecord, after: CrmRecord): Effect {
  const set = Object.fromEntries(Object.entries(after.fields).filter(([key, value]) => !sameJson(value, before.fields[key])));
  const unset = Object.keys(before.fields).filter((key) => !(key in after.fields));
  return { do: 'set', id: before.id, set, unset };
}

function fresh(type: string, id: string, fields: Fields): CrmRecord {
  return { type, id, version: 0, fields, masked: [] };
}

/** Which record an effect is about. */
export function subject(effect: Effect): string {
  return effect.do === 'create' ? effect.record.id : effect.id;
}

/** The record as it looks once the effects have happened to it. */
export function withEffects(record: CrmRecord | undefined, effects: Iterable<Effect>): CrmRecord | undefined {
  let seen = record;
  for (const effect of effects) {
    switch (effect.do) {
      case 'create':
        seen ??= effect.record; // the server's own, once it is here, is the better one
        break;
      case 'set':
        seen = seen && withFields(seen, effect.set, effect.unset);
        break;
      case 'remove':
        seen = undefined;
        break;
    }
  }
  return seen;
}

/** What shows the records as they were before the effects; `before` knows them so. */
export function inverseOf(effects: readonly Effect[], before: (id: string) => CrmRecord | undefined): Effect[] {
  return effects.flatMap((effect): Effect[] => {
    const record = before(subject(effect));
    if (effect.do === 'create') return [{ do: 'remove', id: effect.record.id }];
    if (!record) return [];
    if (effect.do === 'remove') return [{ do: 'create', record }];
    const keys = [...Object.keys(effect.set), ...effect.unset];
    return [
      {
        do: 'set',
        id: effect.id,
        set: Object.fromEntries(keys.filter((key) => key in record.fields).map((key) => [key, record.fields[key]])),
        unset: keys.filter((key) => !(key in record.fields)),
      },
    ];
  });
}
