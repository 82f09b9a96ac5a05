import { Alert, Button, Group, Modal, Stack } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { useCommand, useSchema } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { newId } from '../../lib/ulid.ts';
import { useDraft } from '../../records/drafts.ts';
import { FieldInput } from '../../ui/fields/FieldInput.tsx';
import { isUnreadable, useFieldProblems, useProblemText } from '../../ui/index.ts';

interface NewRecordProps {
  readonly type: 'customer' | 'contact';
  /** Values that are known from where the form was opened. */
  readonly given?: Readonly<Record<string, unknown>>;
  onClose(): void;
  onCreated(id: string): void;
}

/** Three fields are enough to begin; the page has the rest. */
const asked = { customer: ['name', 'emails', 'phones'], contact: ['name', 'customerId', 'emails'] } as const;

/** A draft of something that is not there yet has nothing before it. */
const begun = { basedOn: 0, before: undefined };

/** A form for a new customer or contact. What was typed stays when it is refused, when it is closed, and over a reload. */
export function NewRecord(props: NewRecordProps) {
  const { type } = props;
  const intl = useIntl();
  const schema = useSchema(type);
  const problemText = useProblemText();
  const fieldProblems = useFieldProblems();
  const { values, drafted, busy, problem, submit, write, close, discard } = useNewRecord(props);
  const [found] = useState(drafted);
  const fields = asked[type].flatMap((key) => schema.find((field) => field.key === key) ?? []);
  const beside = fieldProblems(problem?.fields);
  return (
    <Modal
      opened
      onClose={close}
      title={intl.formatMessage({ id: `customers.${type}New` })}
      closeButtonProps={{ 'aria-label': intl.formatMessage({ id: 'ui.close' }) }}
    >
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack>
          {problem && Object.keys(beside).length === 0 && (
            <Alert color="red" role="alert">
              {problemText(problem)}
            </Alert>
          )}
          {fields.map((field, at) => (
            <FieldInput
              key={field.key}
              type={type}
              field={field}
              value={values[field.key]}
              onChange={(value) => write(field.key, value)}
              error={beside[field.key]}
              autoFocus={at === 0}
            />
          ))}
          {found && (
            <p className="soft">
              <FormattedMessage id="customers.keptHere" />
            </p>
          )}
          <Group justify="end">
            <Button variant="default" onClick={discard} disabled={busy}>
              <FormattedMessage id={drafted ? 'customers.discard' : 'customers.cancel'} />
            </Button>
            <Button type="submit" loading={busy} disabled={String(values['name'] ?? '').trim() === ''}>
              <FormattedMessage id="customers.create" />
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** What is written for a new record, and what becomes of it. */
function useNewRecord({ type, given, onClose, onCreated }: NewRecordProps) {
  const intl = useIntl();
  const run = useCommand();
  const [id] = useState(() => newId());
  const [draft, setDraft] = useDraft(String(given?.['customerId'] ?? 'new'), `new-${type}`);
  const values = (draft?.value ?? given ?? {}) as Readonly<Record<string, unknown>>;
  const isOpen = useIsOpen();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || Object.values(values).some(isUnreadable)) return;
    setBusy(true);
    const outcome = await run({
      name: 'record.create',
      args: { type, id, values },
      label: intl.formatMessage({ id: 'customers.didCreateName' }, { name: String(values['name'] ?? '') }),
      refusal: 'caller',
    });
    setBusy(false);
    if (!outcome.ok) {
      setDraft((now) => now ?? { value: values, ...begun });
      setProblem(outcome.problem);
      return;
    }
    setDraft((now) => (now?.value === values ? undefined : now)); // another one may have been begun
    if (!isOpen.current) return;
    onClose();
    onCreated(id);
  };
  const write = (key: string, value: unknown) =>
    setDraft((now) => ({ value: { ...((now?.value ?? given) as object), [key]: value }, ...begun }));
  const close = () => {
    if (busy) setDraft(undefined); // it waits with what is to be sent
    onClose();
  };
  const discard = () => {
    setDraft(undefined);
    onClose();
  };
  return { values, drafted: draft !== undefined, busy, problem, submit, write, close, discard };
}

/** Whether the form is still there when the answer comes. */
function useIsOpen() {
  const isOpen = useRef(true);
  useEffect(() => {
    isOpen.current = true;
    return () => {
      isOpen.current = false;
    };
  }, []);
  return isOpen;
}
