import { useMemo } from 'react';
import { useIntl } from 'react-intl';
import { text, useRecord } from '../../api/hooks.ts';
import { newId } from '../../lib/ulid.ts';
import { useDrafts } from '../../records/drafts.ts';
import { useSetUp } from '../../records/useSetUp.ts';
import { NoAccess } from '../../ui/index.ts';
import { pipelineMerging } from './mergePipeline.ts';
import { PipelineEditor } from './PipelineEditor.tsx';
import { pipelineDraft, valuesOf } from './pipelineValues.ts';
import { useMergedDraft } from './useMergedDraft.ts';
import { Words } from './Words.tsx';

export interface PipelinePageProps {
  readonly pipelineId: string;
  onBack(): void;
  onOpen(pipelineId: string): void;
}

/** One pipeline, to be set up: saved, or so far a draft. */
export function PipelinePage(props: PipelinePageProps) {
  return (
    <Words>
      <Pipeline key={props.pipelineId} {...props} />
    </Words>
  );
}

function Pipeline({ pipelineId, onBack, onOpen }: PipelinePageProps) {
  const intl = useIntl();
  const found = useRecord(pipelineId);
  const record = found?.type === 'pipeline' ? found : undefined;
  const { departments } = useSetUp();
  const saved = useMemo(() => record && { values: valuesOf(record), version: record.version }, [record]);
  const draft = useMergedDraft(pipelineId, pipelineDraft, saved, pipelineMerging);
  const [, begin] = useDrafts(pipelineDraft);
  const { values } = draft;
  const back = { label: intl.formatMessage({ id: 'setup.back' }), onPress: onBack };
  const mine = record ? departments.includes(text(record, 'departmentId')) : departments.length > 0;
  if (!values || !mine) return <NoAccess sentence={intl.formatMessage({ id: 'setup.noSuchPipeline' })} verb={back} />;
  if (!record && draft.basedOn > 0) {
    const again = () => {
      const id = newId();
      begin(id, { value: values, before: values, basedOn: 0 });
      draft.discard();
      onOpen(id);
    };
    return (
      <NoAccess
        sentence={intl.formatMessage({ id: 'setup.pipelineGone' })}
        verb={{ label: intl.formatMessage({ id: 'setup.asNew' }), onPress: again }}
      />
    );
  }
  return <PipelineEditor id={pipelineId} record={record} saved={saved?.values} draft={draft} values={values} onBack={onBack} />;
}
