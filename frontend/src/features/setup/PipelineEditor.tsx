import { Alert, Button, Select, TextInput } from '@mantine/core';
import { type FormEvent, type KeyboardEvent, useEffect, useRef } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, useMe } from '../../api/hooks.ts';
import { useName, useNameOf } from '../../records/people.ts';
import { useSetUp } from '../../records/useSetUp.ts';
import { PageHead } from '../../ui/index.ts';
import { ClashNotice } from './ClashNotice.tsx';
import { LostReasons } from './LostReasons.tsx';
import { PipelineBoards } from './PipelineBoards.tsx';
import type { PartProps } from './partProps.ts';
import { cleaned, type PipelineValues, withStagesBack } from './pipelineValues.ts';
import { SaveBar } from './SaveBar.tsx';
import { StageList } from './StageList.tsx';
import classes from './setup.module.css';
import type { MergedDraft } from './useMergedDraft.ts';
import { usePipelineSave } from './usePipelineSave.ts';

export interface PipelineEditorProps {
  readonly id: string;
  readonly record: CrmRecord | undefined;
  readonly saved: PipelineValues | undefined;
  readonly draft: MergedDraft<PipelineValues>;
  readonly values: PipelineValues;
  onBack(): void;
}

/** Name, department, stages and reasons for losing; saved together, for they belong together. */
export function PipelineEditor({ id, record, saved, draft, values, onBack }: PipelineEditorProps) {
  const intl = useIntl();
  const form = useRef<HTMLFormElement>(null);
  const { save, sending, problems, forget } = usePipelineSave(id);
  useFocusOnProblem(form, problems.attempt);
  const { clashes } = draft;
  const by = typeof record?.fields['updatedBy'] === 'string' ? record.fields['updatedBy'] : '';

  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (!draft.dirty || clashes.length > 0 || sending) return;
    draft.change(cleaned); // so that what is on the screen is what is saved
    const sent = cleaned(values);
    const outcome = await save(sent, record?.version ?? 0);
    if (outcome.ok) return draft.settle(sent);
    // What cannot go comes back, so that the reason can stand beside it.
    const inUse = outcome.problem.params?.['stageIds']?.split(' ') ?? [];
    if (saved && inUse.length > 0) draft.change((now) => withStagesBack(now, saved, inUse));
  };
  const discard = () => {
    forget();
    draft.discard();
    if (!record) onBack();
  };
  const shared = { values, change: draft.change, clashes, decide: draft.decide, problems, by };
  return (
    <>
      <PageHead
        title={values.name || intl.formatMessage({ id: 'setup.newPipeline' })}
        facts={intl.formatMessage({ id: 'setup.stageCount' }, { count: values.stages.length })}
      >
        <Button variant="default" onClick={onBack}>
          <FormattedMessage id="setup.allPipelines" />
        </Button>
      </PageHead>
      <form
        ref={form}
        className={classes['editor']}
        onSubmit={(event) => void onSubmit(event)}
        onKeyDown={onlyCtrlEnterSaves}
        noValidate
      >
        {problems.general && (
          <Alert color="red" role="alert">
            {problems.general}
          </Alert>
        )}
        <OthersNote draft={draft} record={record} />
        <Basics {...shared} />
        <StageList {...shared} saved={saved} />
        <LostReasons {...shared} />
        {record && <PipelineBoards pipeline={record} />}
        <SaveBar dirty={draft.dirty} undecided={clashes.length > 0} sending={sending} onDiscard={discard} />
      </form>
    </>
  );
}

/** Enter ends a line or picks from a list; it must not save a pipeline that is half done. */
function onlyCtrlEnterSaves(event: KeyboardEvent<HTMLFormElement>): void {
  if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
  if (event.ctrlKey || event.metaKey) event.currentTarget.requestSubmit();
  else if (event.target instanceof HTMLInputElement) event.preventDefault();
}

function Basics({ values, change, clashes, decide, problems, by }: PartProps) {
  const intl = useIntl();
  const nameOf = useNameOf();
  const { departments } = useSetUp();
  const offered = [...new Set([values.departmentId, ...departments])].filter(Boolean);
  return (
    <section className={classes['section']}>
      <TextInput
        label={intl.formatMessage({ id: 'setup.name' })}
        value={values.name}
        onChange={(event) => {
          const name = event.currentTarget.value;
          change((now) => ({ ...now, name }));
        }}
        error={problems.of('name')}
        required
        maxLength={100}
      />
      <ClashNotice clashes={clashes} path="name" by={by} decide={decide} />
      <Select
        label={intl.formatMessage({ id: 'setup.department' })}
        description={intl.formatMessage({ id: 'setup.departmentWhy' })}
        data={offered.map((id) => ({ value: id, label: nameOf(id) }))}
        value={values.departmentId || null}
        onChange={(departmentId) => change((now) => ({ ...now, departmentId: departmentId ?? now.departmentId }))}
        error={problems.of('departmentId')}
        allowDeselect={false}
        required
      />
      <ClashNotice clashes={clashes} path="departmentId" by={by} decide={decide} show={(value) => nameOf(String(value))} />
    </section>
  );
}

/** Says that somebody else has saved while this person was writing, and that it is here already. */
function OthersNote({ draft, record }: { draft: MergedDraft<PipelineValues>; record: CrmRecord | undefined }) {
  const intl = useIntl();
  const me = useMe()?.id;
  const by = typeof record?.fields['updatedBy'] === 'string' ? record.fields['updatedBy'] : undefined;
  const who = useName(by) || intl.formatMessage({ id: 'ui.somebody' });
  const shown = draft.dirty && record !== undefined && draft.basedOn < record.version && by !== me;
  return (
    <p role="status" className={shown ? classes['note'] : 'visually-hidden'}>
      {shown && <FormattedMessage id="setup.othersSaved" values={{ who }} />}
    </p>
  );
}

/** Leads to the first place that the server objected to. */
function useFocusOnProblem(form: React.RefObject<HTMLFormElement | null>, attempt: number): void {
  useEffect(() => {
    if (attempt > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-problem]')?.focus();
  }, [form, attempt]);
}
