import { Button, Modal, Select, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, useCommand, useReach, useRecords } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { newId } from '../../lib/ulid.ts';
import { nameOf, useName } from '../../records/people.ts';
import { useProblemText } from '../../ui/index.ts';
import form from './MoveSheet.module.css';

/** A new board: its name, whose it is, and which pipeline it shows. */
export function NewBoard({ onClose }: { onClose(): void }) {
  const intl = useIntl();
  const run = useCommand();
  const problemText = useProblemText();
  const pipelines = useRecords('pipeline');
  const reach = useReach('create:board');
  const departments = useRecords('department').filter(({ id }) => reach.departments.includes(id));
  const [name, setName] = useState('');
  const [pipelineId, setPipeline] = useState<string | null>(pipelines[0]?.id ?? null);
  const [departmentId, setDepartment] = useState<string | null>(departments[0]?.id ?? null);
  const [problem, setProblem] = useState<Problem>();
  const department = useName(departmentId ?? undefined);
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    const label = intl.formatMessage({ id: 'board.boardAdded' }, { board: name });
    const outcome = await run({
      name: 'board.create',
      args: { id: newId(), name, pipelineId, departmentId },
      label,
      refusal: 'caller',
    });
    if (outcome.ok) onClose();
    else setProblem(outcome.problem);
  };
  const options = (records: readonly CrmRecord[]) => records.map((record) => ({ value: record.id, label: nameOf(record) }));
  return (
    <Modal
      opened
      onClose={onClose}
      title={intl.formatMessage({ id: 'board.newBoard' })}
      closeButtonProps={{ 'aria-label': intl.formatMessage({ id: 'ui.close' }) }}
    >
      <form className={form['asks']} onSubmit={(event) => void onSubmit(event)}>
        <TextInput
          label={intl.formatMessage({ id: 'board.name' })}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          maxLength={100}
          data-autofocus
        />
        <Select
          label={intl.formatMessage({ id: 'board.pipeline' })}
          data={options(pipelines)}
          value={pipelineId}
          onChange={setPipeline}
          required
        />
        <Select
          label={intl.formatMessage({ id: 'board.department' })}
          description={department && intl.formatMessage({ id: 'board.departmentWhy' }, { department })}
          data={options(departments)}
          value={departmentId}
          onChange={setDepartment}
          required
        />
        {problem && (
          <p role="alert" className={form['why']}>
            {problemText(problem)}
          </p>
        )}
        <div className={form['verbs']}>
          <Button type="submit">
            <FormattedMessage id="board.create" />
          </Button>
        </div>
      </form>
    </Modal>
  );
}
