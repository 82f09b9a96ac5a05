import { Alert, Button, Group } from '@mantine/core';
import { type KeyboardEvent, useRef, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, useCommand } from '../../api/hooks.ts';
import type { FieldInfo, Problem } from '../../api/wire.ts';
import { sameJson } from '../../lib/equal.ts';
import { FieldInput, FieldValue, useFieldLabel, useFieldProblems, useProblemText } from '../../ui/index.ts';
import classes from './customers.module.css';

interface InlineFieldProps {
  readonly record: CrmRecord;
  readonly field: FieldInfo;
  readonly mayEdit: boolean;
}

interface Draft {
  readonly value: unknown;
  /** What the person saw when he began: another's change since then is a conflict, not overwritten. */
  readonly basedOn: number;
  readonly problem?: Problem;
}

/** A value that turns into its input when pressed. A refused change stays in the input beside the reason. */
export function InlineField({ record, field, mayEdit }: InlineFieldProps) {
  const intl = useIntl();
  const run = useCommand();
  const label = useFieldLabel()(record.type, field.key, field.labels);
  const [draft, setDraft] = useState<Draft>();
  const opener = useRef<HTMLButtonElement>(null);
  const value = record.fields[field.key];
  const masked = field.group !== '' && field.group.split('+').every((group) => record.masked.includes(group));
  const shown = <FieldValue type={record.type} field={field} value={value} masked={masked} />;

  const close = () => {
    setDraft(undefined);
    requestAnimationFrame(() => opener.current?.focus());
  };
  const save = async () => {
    if (!draft) return;
    close();
    if (sameJson(draft.value ?? null, value ?? null)) return;
    const outcome = await run({
      name: 'record.edit',
      // What was just created has no version until the server has answered.
      args: { id: record.id, basedOn: draft.basedOn || record.version, values: { [field.key]: draft.value ?? null } },
      label: intl.formatMessage({ id: 'customers.didChange' }, { field: label }),
      refusal: 'caller',
    });
    if (!outcome.ok) setDraft({ ...draft, basedOn: outcome.problem.current?.v ?? draft.basedOn, problem: outcome.problem });
  };

  if (draft)
    return (
      <Editor
        record={record}
        field={field}
        draft={draft}
        onChange={(next) => setDraft({ ...draft, value: next })}
        onSave={() => void save()}
        onCancel={close}
      />
    );
  const editable = mayEdit && !masked && !field.readOnly;
  return (
    <div className={classes['field']}>
      <span className={classes['fieldLabel']}>{label}</span>
      <span className={classes['fieldValue']}>{shown}</span>
      {editable && (
        <button
          ref={opener}
          type="button"
          className={classes['edit']}
          aria-label={intl.formatMessage({ id: 'customers.editField' }, { field: label })}
          onClick={() => setDraft({ value, basedOn: record.version })}
        >
          <FormattedMessage id="customers.edit" />
        </button>
      )}
    </div>
  );
}

interface EditorProps extends Omit<InlineFieldProps, 'mayEdit'> {
  readonly draft: Draft;
  onChange(value: unknown): void;
  onSave(): void;
  onCancel(): void;
}

function Editor({ record, field, draft, onChange, onSave, onCancel }: EditorProps) {
  const problemText = useProblemText();
  const fieldProblems = useFieldProblems();
  const { problem } = draft;
  const error = problem && (fieldProblems(problem.fields)[field.key] ?? problemText(problem));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      onCancel();
    }
    // In a long text Enter makes a line; Ctrl+Enter saves.
    if (event.key === 'Enter' && field.kind === 'longtext' && (event.ctrlKey || event.metaKey)) onSave();
  };
  return (
    <form
      className={classes['editor']}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
      noValidate
    >
      <FieldInput type={record.type} field={field} value={draft.value} onChange={onChange} error={error} autoFocus />
      {problem?.code === 'conflict' && problem.current && (
        <Alert color="yellow" role="alert">
          <FormattedMessage
            id="customers.theirs"
            values={{ value: <FieldValue type={record.type} field={field} value={problem.current.f[field.key]} /> }}
          />
        </Alert>
      )}
      <Group gap="xs" mt="xs">
        <Button size="xs" type="submit">
          <FormattedMessage id="customers.save" />
        </Button>
        <Button size="xs" variant="default" onClick={onCancel}>
          <FormattedMessage id="customers.cancel" />
        </Button>
      </Group>
    </form>
  );
}
