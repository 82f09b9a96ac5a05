import { Alert, Button, Modal } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, useCommand, useSchema } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { sameJson } from '../../lib/equal.ts';
import { newId } from '../../lib/ulid.ts';
import { useDrafts } from '../../records/drafts.ts';
import { useFieldLabel, useFieldProblems, useProblemText } from '../../ui/index.ts';
import type { ExtensibleType } from './extensible.ts';
import { FieldForm } from './FieldForm.tsx';
import {
  defineArgs,
  editArgs,
  type FieldValues,
  fieldDraft,
  fieldMerging,
  fieldValuesOf,
  newField,
  newFieldDraftId,
} from './fieldValues.ts';
import { keyFrom } from './keyFrom.ts';
import classes from './setup.module.css';
import { useMergedDraft } from './useMergedDraft.ts';

export interface FieldDialogProps {
  readonly type: ExtensibleType;
  /** The field that is changed; undefined for one that is being defined. */
  readonly definition: CrmRecord | undefined;
  onClose(): void;
}

/** Defines a field or changes one. What is written stays when the dialog is closed or the page is loaded again. */
export function FieldDialog({ type, definition, onClose }: FieldDialogProps) {
  const intl = useIntl();
  const phone = useMediaQuery('(max-width: 640px)', undefined, { getInitialValueInEffect: false });
  const draftId = definition?.id ?? newFieldDraftId(type);
  const saved = useMemo(() => definition && { values: fieldValuesOf(definition), version: definition.version }, [definition]);
  const draft = useMergedDraft(draftId, fieldDraft, saved, fieldMerging);
  useNewDraft(definition ? undefined : draftId);
  const close = () => {
    if (!definition && sameJson(draft.values, newField)) draft.discard(); // nothing was written
    onClose();
  };
  const label = useFieldLabel();
  const title = definition
    ? label(type, `fields.${saved?.values.key}`, saved?.values.labels)
    : intl.formatMessage({ id: `setup.newFieldOf_${type}` });
  return (
    <Modal
      opened
      onClose={close}
      fullScreen={phone === true}
      size="lg"
      title={title}
      closeButtonProps={{ 'aria-label': intl.formatMessage({ id: 'ui.close' }) }}
    >
      {draft.values && <Form type={type} definition={definition} draft={draft} values={draft.values} onClose={onClose} />}
    </Modal>
  );
}

/** Begins the draft of a new field, unless there is one. */
function useNewDraft(id: string | undefined): void {
  const [drafts, begin] = useDrafts(fieldDraft);
  const missing = id !== undefined && !drafts.has(id);
  const begun = useRef(false); // once: what was discarded or saved does not come back
  useEffect(() => {
    if (!id || !missing || begun.current) return;
    begun.current = true;
    begin(id, { value: newField, before: newField, basedOn: 0 });
  }, [id, missing, begin]);
}

interface FormProps extends FieldDialogProps {
  readonly draft: ReturnType<typeof useMergedDraft<FieldValues>>;
  readonly values: FieldValues;
}

function Form({ type, definition, draft, values, onClose }: FormProps) {
  const intl = useIntl();
  const form = useRef<HTMLFormElement>(null);
  const [id] = useState(newId);
  const problemText = useProblemText();
  const key = useKey(type, values);
  const { save, sending, problem } = useSaveField();
  const fields = useFieldProblems()(problem?.fields);
  const placed = ['labels', 'key', 'kind', 'group', 'choices', 'linkType', 'why'].some((place) => fields[place]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each refusal, to what it is about
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [problem]);

  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (draft.clashes.length > 0 || sending) return;
    const name = values.labels[intl.locale.split('-')[0] ?? ''] ?? Object.values(values.labels)[0] ?? key;
    const command = definition
      ? { name: 'field.edit', args: editArgs(definition.id, definition.version, fieldValuesOf(definition), values) }
      : { name: 'field.define', args: defineArgs(id, type, key, values) };
    const label = intl.formatMessage({ id: definition ? 'setup.fieldChanged' : 'setup.fieldDefined' }, { field: name });
    if (!(await save({ ...command, label }))) return;
    draft.discard();
    onClose();
  };
  const discard = () => {
    draft.discard();
    onClose();
  };
  return (
    <form ref={form} className={classes['form']} onSubmit={(event) => void onSubmit(event)} noValidate>
      {problem && !placed && (
        <Alert color="red" role="alert">
          {problemText(problem)}
        </Alert>
      )}
      <FieldForm type={type} definition={definition} draft={draft} values={values} fieldKey={key} problems={fields} />
      <p className="soft">
        <FormattedMessage id={sending ? 'setup.sending' : definition ? 'setup.fieldStays' : 'setup.fieldAtOnce'} />
      </p>
      <div className={classes['verbs']}>
        <Button variant="default" onClick={discard} disabled={sending}>
          <FormattedMessage id="setup.discard" />
        </Button>
        <Button type="submit" disabled={draft.clashes.length > 0 || sending}>
          <FormattedMessage id={definition ? 'setup.save' : 'setup.define'} />
        </Button>
      </div>
    </form>
  );
}

/** The key a field is going to have: the one written, else one made from the label. */
function useKey(type: string, values: FieldValues): string {
  const schema = useSchema(type);
  if (values.key) return values.key;
  const taken = new Set(schema.map((field) => field.key.replace(/^fields\./, '')));
  // English first: it gives the most readable keys.
  return keyFrom(values.labels['en'] || Object.values(values.labels).find(Boolean) || '', taken);
}

function useSaveField() {
  const run = useCommand();
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const save = async (command: { name: string; args: Record<string, unknown>; label: string }): Promise<boolean> => {
    setProblem(undefined);
    setSending(true);
    const outcome = await run({ ...command, refusal: 'caller' });
    setSending(false);
    if (!outcome.ok) setProblem(outcome.problem);
    return outcome.ok;
  };
  return { save, sending, problem };
}
