import { Button } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { type KeyboardEvent, useCallback, useEffect, useRef } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useRecords } from '../api/hooks.ts';
import type { FieldInfo } from '../api/wire.ts';
import { FieldInput } from '../ui/fields/FieldInput.tsx';
import { FieldValue, isUnreadable, useFieldLabel, useFieldProblems, useProblemText } from '../ui/index.ts';
import classes from './FieldRow.module.css';
import { useName } from './people.ts';
import { type FieldEdit, useFieldEdit } from './useFieldEdit.ts';
import { WhoWants } from './WhoWants.tsx';

// Choosing is saving; what is typed is saved with Enter.
const chosen = new Set(['choice', 'user', 'department', 'link', 'bool']);

/** A field with its value, edited in its place: Enter or F2 begins, Enter saves, Esc restores. */
export function FieldRow({
  record,
  field,
  mayEdit,
  visibleTo,
}: {
  record: CrmRecord;
  field: FieldInfo;
  mayEdit: boolean;
  visibleTo: string;
}) {
  const intl = useIntl();
  const label = useFieldLabel();
  const edit = useFieldEdit(record, field);
  const value = record.fields[field.key];
  const masked = record.masked.includes(field.group);
  const editable = mayEdit && !masked && !field.readOnly;
  const name = label(record.type, field.key, field.labels);
  const shown = <FieldValue type={record.type} field={field} value={value} masked={masked} />;
  const press = useRef<HTMLButtonElement>(null);
  useReturnedFocus(press, edit.draft !== undefined);
  return (
    <div className={classes['row']} data-field={field.key}>
      <dt>{name}</dt>
      <dd>
        {edit.draft ? (
          <Editor record={record} field={field} edit={edit} visibleTo={visibleTo} />
        ) : (
          <>
            <span className={classes['value']}>{shown}</span>
            {editable && (
              <button
                ref={press}
                type="button"
                className={classes['edit']}
                onClick={edit.begin}
                onKeyDown={(event) => {
                  if (event.key === 'F2') edit.begin();
                }}
                aria-label={intl.formatMessage({ id: 'record.edit' }, { field: name })}
                title={intl.formatMessage({ id: 'record.edit' }, { field: name })}
              >
                <IconPencil size={15} stroke={1.6} aria-hidden="true" />
              </button>
            )}
          </>
        )}
      </dd>
    </div>
  );
}

/** Gives the focus back to where the edit began. */
function useReturnedFocus(press: React.RefObject<HTMLButtonElement | null>, editing: boolean): void {
  const was = useRef(editing);
  useEffect(() => {
    if (was.current && !editing && document.activeElement === document.body) press.current?.focus();
    was.current = editing;
  }, [press, editing]);
}

function Editor({ record, field, edit, visibleTo }: { record: CrmRecord; field: FieldInfo; edit: FieldEdit; visibleTo: string }) {
  const problemText = useProblemText();
  const fieldProblems = useFieldProblems();
  const { draft, problem } = edit;
  const conflict = problem?.code === 'conflict';
  const beside = fieldProblems(problem?.fields)[field.key];
  const editor = useRef<HTMLDivElement>(null);
  const save = () => {
    edit.save();
    // What cannot be read is not saved: back to it, so that its sentence is heard.
    if (isUnreadable(draft?.value)) editor.current?.querySelector('input')?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.defaultPrevented) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation(); // it is this field that is closed, not the drawer
      edit.drop();
    }
    const several = field.kind === 'longtext' || field.kind === 'address';
    if (event.key === 'Enter' && (!several || event.ctrlKey || event.metaKey) && !chosen.has(field.kind)) {
      event.preventDefault();
      save();
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears the keys of the input within
    <div ref={editor} className={classes['editor']} onKeyDown={onKeyDown}>
      <FieldInput
        type={record.type}
        field={field}
        value={draft?.value}
        onChange={(value) => (chosen.has(field.kind) ? edit.save(value) : edit.write(value))}
        error={beside}
        visibleTo={visibleTo}
        autoFocus
      />
      {field.why && <WantedField type={record.type} fieldKey={field.key} />}
      {(edit.overtaken || conflict) && <BothValues record={record} field={field} edit={edit} />}
      {problem && !conflict && !beside && (
        <p role="alert" className={classes['problem']}>
          {problemText(problem)}
        </p>
      )}
      {!conflict && (
        <div className={classes['verbs']}>
          <Button size="xs" onClick={save}>
            <FormattedMessage id="record.save" />
          </Button>
          <Button size="xs" variant="default" onClick={edit.drop}>
            <FormattedMessage id="record.cancel" />
          </Button>
        </div>
      )}
    </div>
  );
}

/** Who defined a custom field. */
function WantedField({ type, fieldKey }: { type: string; fieldKey: string }) {
  const defines = useCallback(
    (definition: CrmRecord) => text(definition, 'recordType') === type && `fields.${text(definition, 'key')}` === fieldKey,
    [type, fieldKey],
  );
  const [definition] = useRecords('field', defines);
  return (
    <div className={classes['wanted']}>
      <WhoWants of={definition} />
    </div>
  );
}

/** Somebody else has written here meanwhile: his value, the own one is in the input, and the choice. */
function BothValues({ record, field, edit }: { record: CrmRecord; field: FieldInfo; edit: FieldEdit }) {
  const intl = useIntl();
  const conflict = edit.problem?.code === 'conflict' ? edit.problem : undefined;
  const current = conflict?.current?.f ?? record.fields;
  // Others may have written elsewhere in the record since: the server knows who wrote here.
  const by = conflict ? conflict.params?.['by'] : text(record, 'updatedBy');
  const who = useName(by || undefined) || intl.formatMessage({ id: 'ui.somebody' });
  // A draft outlives the right to see what others write there.
  const masked = [...record.masked, ...(conflict?.current?.m ?? [])].includes(field.group);
  return (
    <div className={classes['both']} role="alert">
      <FormattedMessage id="record.conflict" values={{ who }} />{' '}
      <b>
        <FieldValue type={record.type} field={field} value={masked ? undefined : current[field.key]} masked={masked} />
      </b>
      <div className={classes['verbs']}>
        <Button size="xs" variant="default" onClick={edit.drop}>
          <FormattedMessage id="record.keepTheirs" />
        </Button>
        <Button size="xs" onClick={edit.insist}>
          <FormattedMessage id="record.useMine" />
        </Button>
      </div>
    </div>
  );
}
