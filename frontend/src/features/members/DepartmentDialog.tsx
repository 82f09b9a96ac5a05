import { Alert, Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useIntl } from 'react-intl';
import { text, useCommand, useDepartmentsBelow, useRecords } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { newId } from '../../lib/ulid.ts';
import { useFieldProblems, useProblemText } from '../../ui/index.ts';
import classes from './members.module.css';

/** A department that is being made (no id yet) or changed. */
export interface DepartmentDraft {
  readonly id?: string;
  readonly basedOn?: number;
  readonly name?: string;
  readonly parentId: string;
}

/** Names a department and hangs it below another. */
export function DepartmentDialog({ draft, onClose }: { draft: DepartmentDraft; onClose(): void }) {
  const intl = useIntl();
  const run = useCommand();
  const departments = useRecords('department');
  const below = useDepartmentsBelow(draft.id ?? '');
  const problemText = useProblemText();
  const fieldProblems = useFieldProblems();
  const [name, setName] = useState(draft.name ?? '');
  const [parentId, setParentId] = useState(draft.parentId);
  const [problem, setProblem] = useState<Problem>();
  const fields = fieldProblems(problem?.fields);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const changed = draft.id !== undefined;
    const args = changed ? { id: draft.id, basedOn: draft.basedOn, name, parentId } : { id: newId(), name, parentId };
    const outcome = await run({
      name: changed ? 'department.edit' : 'department.create',
      args,
      label: intl.formatMessage({ id: changed ? 'members.departmentChanged' : 'members.departmentMade' }, { name }),
      refusal: 'caller',
    });
    if (outcome.ok) onClose();
    else setProblem(outcome.problem);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={intl.formatMessage({ id: draft.id ? 'members.editDepartment' : 'members.newDepartment' })}
      closeButtonProps={{ 'aria-label': intl.formatMessage({ id: 'ui.close' }) }}
    >
      <form className={classes['form']} onSubmit={submit} noValidate>
        {problem && Object.keys(fields).length === 0 && <Alert color="red">{problemText(problem)}</Alert>}
        <TextInput
          data-autofocus
          label={intl.formatMessage({ id: 'members.departmentName' })}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fields['name']}
        />
        <NativeSelect
          label={intl.formatMessage({ id: 'members.above' })}
          value={parentId}
          data={[
            { value: '', label: intl.formatMessage({ id: 'members.top' }) },
            ...departments
              .filter(({ id }) => !(draft.id && below.has(id)))
              .map((department) => ({ value: department.id, label: text(department, 'name') })),
          ]}
          onChange={(event) => setParentId(event.currentTarget.value)}
          error={fields['parentId']}
        />
        <Button type="submit">{intl.formatMessage({ id: 'members.save' })}</Button>
      </form>
    </Modal>
  );
}
