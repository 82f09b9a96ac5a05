import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { FormattedMessage, useIntl } from 'react-intl';
import { text, useMe, useRecords } from '../../api/hooks.ts';
import { newId } from '../../lib/ulid.ts';
import { useDrafts } from '../../records/drafts.ts';
import { nameOf, useName } from '../../records/people.ts';
import { useSetUp } from '../../records/useSetUp.ts';
import { EmptyState, NoAccess } from '../../ui/index.ts';
import { newStage, type PipelineValues, pipelineDraft, valuesOf } from './pipelineValues.ts';
import { SetupHead } from './SetupHead.tsx';
import classes from './setup.module.css';
import { Words } from './Words.tsx';

/** All pipelines; those that this person looks after lead to where they are set up. */
export function PipelinesPage(props: { onOpen(pipelineId: string): void }) {
  return (
    <Words>
      <Pipelines {...props} />
    </Words>
  );
}

function Pipelines({ onOpen }: { onOpen(pipelineId: string): void }) {
  const intl = useIntl();
  const { departments } = useSetUp();
  const pipelines = useRecords('pipeline');
  const [drafts, begin] = useDrafts(pipelineDraft);
  const first = useFirstValues(departments);
  if (departments.length === 0) return <NoAccess sentence={intl.formatMessage({ id: 'setup.noAccess' })} />;
  const unsaved = [...drafts].filter(([id]) => !pipelines.some((pipeline) => pipeline.id === id));
  const create = () => {
    const id = newId();
    begin(id, { value: first, before: first, basedOn: 0 });
    onOpen(id);
  };
  return (
    <>
      <SetupHead>
        <Button onClick={create}>
          <FormattedMessage id="setup.newPipeline" />
        </Button>
      </SetupHead>
      {pipelines.length + unsaved.length === 0 && (
        <EmptyState
          sentence={intl.formatMessage({ id: 'setup.noPipelines' })}
          verb={{ label: intl.formatMessage({ id: 'setup.newPipeline' }), onPress: create }}
        />
      )}
      <ul className={classes['pipelines']}>
        {pipelines.map((pipeline) => (
          <Entry
            key={pipeline.id}
            id={pipeline.id}
            name={nameOf(pipeline)}
            values={valuesOf(pipeline)}
            unsaved={drafts.has(pipeline.id)}
            mine={departments.includes(text(pipeline, 'departmentId'))}
          />
        ))}
        {unsaved.map(([id, { value }]) => (
          <Entry key={id} id={id} name={(value as PipelineValues).name} values={value as PipelineValues} unsaved mine />
        ))}
      </ul>
    </>
  );
}

interface EntryProps {
  readonly id: string;
  readonly name: string;
  readonly values: PipelineValues;
  readonly unsaved: boolean;
  /** Whether this person may set it up. */
  readonly mine: boolean;
}

function Entry({ id, name, values, unsaved, mine }: EntryProps) {
  const intl = useIntl();
  const department = useName(values.departmentId || undefined);
  const content = (
    <>
      <b>{name || intl.formatMessage({ id: 'setup.newPipeline' })}</b>
      {unsaved && (
        <span className={classes['unsaved']}>
          <FormattedMessage id="setup.unsaved" />
        </span>
      )}
      <span className="soft">{values.stages.map((stage) => stage.name).join(' → ')}</span>
      {department && (
        <small className="soft">
          <FormattedMessage id="setup.lookedAfterBy" values={{ department }} />
        </small>
      )}
    </>
  );
  return (
    <li>
      {mine ? (
        <Link to="/setup/pipelines/$pipelineId" params={{ pipelineId: id }}>
          {content}
        </Link>
      ) : (
        <div>{content}</div>
      )}
    </li>
  );
}

/** What a new pipeline begins with: one step and the two ends, in the own department. */
function useFirstValues(departments: readonly string[]): PipelineValues {
  const intl = useIntl();
  const me = useMe()?.id;
  const own = useRecords('membership')
    .filter((membership) => text(membership, 'userId') === me)
    .map((membership) => text(membership, 'departmentId'))
    .find((id) => departments.includes(id));
  const stage = (kind: 'open' | 'won' | 'lost', probability: number) =>
    newStage(newId(), intl.formatMessage({ id: `setup.first_${kind}` }), kind, probability);
  return {
    name: '',
    departmentId: own ?? departments.find((id) => id !== '') ?? '',
    stages: [stage('open', 10), stage('won', 100), stage('lost', 0)],
    lostReasons: [],
  };
}
