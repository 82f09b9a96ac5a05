import { ActionIcon, Button } from '@mantine/core';
import { IconPencil, IconTrash } from '@tabler/icons-react';
import { useCallback } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useCommand, useRecords, useSchema } from '../../api/hooks.ts';
import type { FieldInfo } from '../../api/wire.ts';
import { useDrafts } from '../../records/drafts.ts';
import { useFieldLabel } from '../../ui/index.ts';
import type { ExtensibleType } from './extensible.ts';
import { fieldDraft, fieldValuesOf, newFieldDraftId } from './fieldValues.ts';
import classes from './setup.module.css';

/** What a field holds and who may see it, in a few words. */
export function useFieldFacts(): (field: Pick<FieldInfo, 'kind' | 'group' | 'required'>) => string {
  const intl = useIntl();
  return ({ kind, group, required }) =>
    [
      intl.formatMessage({ id: `setup.fieldKind_${kind}` }),
      intl.formatMessage({ id: `setup.group_${group}` }),
      ...(required ? [intl.formatMessage({ id: 'setup.requiredFact' })] : []),
    ].join(' · ');
}

/** The company's own fields of a record type. */
export function CustomFields({ type, onEdit }: { type: ExtensibleType; onEdit(fieldId: string): void }) {
  const ofType = useCallback((definition: CrmRecord) => text(definition, 'recordType') === type, [type]);
  const definitions = useRecords('field', ofType);
  const [drafts] = useDrafts(fieldDraft);
  const begun = drafts.has(newFieldDraftId(type));
  return (
    <section aria-labelledby="own-fields">
      <h2 id="own-fields">
        <FormattedMessage id="setup.ownFields" />
      </h2>
      {definitions.length === 0 && !begun && (
        <p className="soft">
          <FormattedMessage id="setup.ownFieldsNone" />
        </p>
      )}
      {begun && (
        <p className={classes['note']}>
          <FormattedMessage id="setup.fieldBegun" />{' '}
          <Button variant="transparent" size="compact-sm" p={0} onClick={() => onEdit('new')}>
            <FormattedMessage id="setup.goOn" />
          </Button>
        </p>
      )}
      {definitions.length > 0 && (
        <ul className={classes['fieldRows']}>
          {definitions.map((definition) => (
            <CustomField
              key={definition.id}
              definition={definition}
              unsaved={drafts.has(definition.id)}
              onEdit={() => onEdit(definition.id)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function CustomField({ definition, unsaved, onEdit }: { definition: CrmRecord; unsaved: boolean; onEdit(): void }) {
  const intl = useIntl();
  const run = useCommand();
  const label = useFieldLabel();
  const facts = useFieldFacts();
  const values = fieldValuesOf(definition);
  const name = label(text(definition, 'recordType'), `fields.${values.key}`, values.labels);
  const trash = () =>
    void run({
      name: 'record.trash',
      args: { id: definition.id },
      label: intl.formatMessage({ id: 'record.trashed' }, { record: name }),
    });
  return (
    <li data-field={`fields.${values.key}`}>
      <div>
        <b>{name}</b>{' '}
        {unsaved && (
          <span className={classes['unsaved']}>
            <FormattedMessage id="setup.unsaved" />
          </span>
        )}
        <span className="soft">{facts(values)}</span>
        {values.why && <span>{values.why}</span>}
      </div>
      <span className={classes['stageVerbs']}>
        <ActionIcon aria-label={intl.formatMessage({ id: 'setup.editField' }, { field: name })} onClick={onEdit}>
          <IconPencil size={18} stroke={1.6} />
        </ActionIcon>
        <ActionIcon aria-label={intl.formatMessage({ id: 'setup.trashField' }, { field: name })} onClick={trash}>
          <IconTrash size={18} stroke={1.6} />
        </ActionIcon>
      </span>
    </li>
  );
}

/** The fields that every company has, to be read only. */
export function PredefinedFields({ type }: { type: ExtensibleType }) {
  const label = useFieldLabel();
  const facts = useFieldFacts();
  const fields = useSchema(type).filter((field) => !field.key.startsWith('fields.') && !field.readOnly);
  return (
    <section aria-labelledby="built-in-fields">
      <h2 id="built-in-fields">
        <FormattedMessage id="setup.builtIn" />
      </h2>
      <p className="soft">
        <FormattedMessage id="setup.builtInWhy" />
      </p>
      <ul className={classes['fieldRows']}>
        {fields.map((field) => (
          <li key={field.key}>
            <div>
              <b>{label(type, field.key)}</b> <span className="soft">{facts(field)}</span>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
