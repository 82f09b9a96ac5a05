import { Alert, Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useIntl } from 'react-intl';
import { problemOf, text, useApi, useRecords } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { useFieldProblems, useProblemText } from '../../ui/index.ts';
import type { IssuedLink, MadeLink } from './LinkDialog.tsx';
import classes from './members.module.css';
import { roles } from './membersTree.ts';

interface InviteDialogProps {
  readonly departmentId: string;
  onClose(): void;
  onMade(link: MadeLink): void;
}

/** Makes a link that lets one person join; it is handed over by whoever made it. */
export function InviteDialog({ departmentId, onClose, onMade }: InviteDialogProps) {
  const intl = useIntl();
  const api = useApi();
  const departments = useRecords('department');
  const problemText = useProblemText();
  const fieldProblems = useFieldProblems();
  const [draft, setDraft] = useState({ email: '', name: '', departmentId, role: 'member' });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const fields = fieldProblems(problem?.fields);
  const change = (part: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...part }));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const issued = await api.post<IssuedLink>('/invitations', draft);
      onMade({ ...issued, kind: 'invite', name: draft.name || draft.email });
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={intl.formatMessage({ id: 'members.invite' })}
      closeButtonProps={{ 'aria-label': intl.formatMessage({ id: 'ui.close' }) }}
    >
      <form className={classes['form']} onSubmit={submit} noValidate>
        {problem && Object.keys(fields).length === 0 && <Alert color="red">{problemText(problem)}</Alert>}
        <TextInput
          data-autofocus
          type="email"
          label={intl.formatMessage({ id: 'members.email' })}
          value={draft.email}
          onChange={(event) => change({ email: event.currentTarget.value })}
          error={fields['email']}
        />
        <TextInput
          label={intl.formatMessage({ id: 'members.name' })}
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
          error={fields['name']}
        />
        <NativeSelect
          label={intl.formatMessage({ id: 'members.department' })}
          value={draft.departmentId}
          data={departments.map((department) => ({ value: department.id, label: text(department, 'name') }))}
          onChange={(event) => change({ departmentId: event.currentTarget.value })}
          error={fields['departmentId']}
        />
        <NativeSelect
          label={intl.formatMessage({ id: 'members.role' })}
          description={intl.formatMessage({ id: `members.roleMeans_${draft.role}` })}
          value={draft.role}
          data={roles.map((role) => ({ value: role, label: intl.formatMessage({ id: `members.role_${role}` }) }))}
          onChange={(event) => change({ role: event.currentTarget.value })}
          error={fields['role']}
        />
        <Button type="submit" loading={busy}>
          {intl.formatMessage({ id: 'members.makeLink' })}
        </Button>
      </form>
    </Modal>
  );
}
