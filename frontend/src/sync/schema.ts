import type { Choice, FieldInfo, RecordTypeInfo } from '../api/wire.ts';
import { type CrmRecord, text } from './record.ts';

const customPrefix = 'fields.';

/** The fields of each type: the predefined ones, then the custom ones that the records of type field define, oldest first. */
export function schemaFrom(
  predefined: readonly RecordTypeInfo[],
  definitions: readonly CrmRecord[],
): Record<string, FieldInfo[]> {
  const schema: Record<string, FieldInfo[]> = {};
  for (const { type, fields } of predefined) schema[type] = fields.filter((field) => !field.key.startsWith(customPrefix));
  for (const definition of definitions) {
    const fields = schema[text(definition, 'recordType')];
    const field = customField(definition);
    if (fields && !fields.some(({ key }) => key === field.key)) fields.push(field);
  }
  return schema;
}

function customField(definition: CrmRecord): FieldInfo {
  const { labels, choices, required } = definition.fields;
  const linkType = text(definition, 'linkType');
  const why = text(definition, 'why');
  return {
    key: customPrefix + text(definition, 'key'),
    kind: text(definition, 'kind'),
    group: text(definition, 'group') || 'standard',
    required: required === true,
    ...(linkType && { linkType }),
    ...(why && { why }),
    ...(typeof labels === 'object' && labels !== null && { labels: labels as Record<string, string> }),
    ...(Array.isArray(choices) && { choices: choices as Choice[] }),
  };
}
