import { Navigate, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type ExtensibleType, extensible, FieldsPage, PipelinePage, PipelinesPage } from '../../features/setup/index.tsx';
import { useSetUp } from '../../records/useSetUp.ts';

/** The first of the set-up pages that this person may use. */
export function SetupScreen() {
  const { departments, fields } = useSetUp();
  return departments.length === 0 && fields ? (
    <Navigate to="/setup/fields" search={{}} replace />
  ) : (
    <Navigate to="/setup/pipelines" replace />
  );
}

/** The list of pipelines at its address. */
export function PipelinesScreen() {
  const navigate = useNavigate();
  return <PipelinesPage onOpen={(pipelineId) => void navigate({ to: '/setup/pipelines/$pipelineId', params: { pipelineId } })} />;
}

/** One pipeline at its address. */
export function PipelineScreen() {
  const { pipelineId } = useParams({ from: '/shell/setup/pipelines/$pipelineId' });
  const navigate = useNavigate();
  return (
    <PipelinePage
      pipelineId={pipelineId}
      onBack={() => void navigate({ to: '/setup/pipelines' })}
      onOpen={(id) => void navigate({ to: '/setup/pipelines/$pipelineId', params: { pipelineId: id } })}
    />
  );
}

/** The fields; the type shown and the field whose form is open are in the address. */
export function FieldsScreen() {
  const { type, field } = useSearch({ from: '/shell/setup/fields' });
  const navigate = useNavigate({ from: '/setup/fields' });
  const shown: ExtensibleType = extensible.find((each) => each === type) ?? 'deal';
  return (
    <FieldsPage
      type={shown}
      fieldId={field ?? ''}
      onShow={(next, id) => void navigate({ search: { type: next, ...(id && { field: id }) }, replace: true })}
    />
  );
}
