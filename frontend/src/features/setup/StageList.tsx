import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { newId } from '../../lib/ulid.ts';
import { ClashNotice } from './ClashNotice.tsx';
import type { PartProps } from './partProps.ts';
import { newStage, type PipelineValues, withNewStage, withoutStage, withStageAt, withStagesBack } from './pipelineValues.ts';
import { StageCard } from './StageCard.tsx';
import classes from './setup.module.css';
import { useStageSorting } from './useStageDrag.ts';

/** The stages in their order. They are sorted by dragging, by buttons, and by Alt+arrows. */
export function StageList(props: PartProps & { saved: PipelineValues | undefined }) {
  const { values, change, clashes, decide, problems, by, saved } = props;
  const intl = useIntl();
  const list = useRef<HTMLOListElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [aloud, setAloud] = useState('');
  const focus = useFocusAfter(list);
  const { stages } = values;

  const toggle = (id: string) => setOpen((now) => new Set(now.has(id) ? [...now].filter((other) => other !== id) : [...now, id]));
  const add = () => {
    const id = newId();
    change((now) => withNewStage(now, newStage(id, '', 'open', '')));
    setOpen((now) => new Set([...now, id]));
    focus(id, 'name');
  };
  const put = (id: string, place: number, control?: string) => {
    const stage = stages.find((each) => each.id === id);
    if (!stage || place < 0 || place >= stages.length) return;
    change((now) => withStageAt(now, id, place));
    setAloud(intl.formatMessage({ id: 'setup.stageMoved' }, { stage: stage.name, place: place + 1, count: stages.length }));
    if (control) focus(id, control);
  };
  const remove = (id: string) => {
    const at = stages.findIndex((stage) => stage.id === id);
    const next = stages[at + 1] ?? stages[at - 1];
    change((now) => withoutStage(now, id));
    if (next) focus(next.id, 'head');
  };
  useStageSorting(list, (id, place) => put(id, place));
  return (
    <section className={classes['section']} aria-labelledby="stages">
      <h2 id="stages">
        <FormattedMessage id="setup.stages" />
      </h2>
      <p className="soft">
        <FormattedMessage id="setup.stagesWhy" />
      </p>
      <ClashNotice
        clashes={clashes}
        path="order"
        by={by}
        decide={decide}
        show={(ids) => (ids as string[]).map((id) => stages.find((stage) => stage.id === id)?.name ?? '').join(' → ')}
      />
      <ol ref={list} className={classes['stages']}>
        {stages.map((stage, place) => (
          <StageCard
            key={stage.id}
            {...props}
            stage={stage}
            place={place}
            open={
              open.has(stage.id) ||
              problems.concerns(stage.id) ||
              clashes.some(({ path }) => path.startsWith(`stages/${stage.id}/`))
            }
            onToggle={() => toggle(stage.id)}
            onPut={(to, control) => put(stage.id, to, control)}
            onRemove={() => remove(stage.id)}
          />
        ))}
      </ol>
      {saved && (
        <RemovedStages
          saved={saved}
          stages={stages}
          onKeep={(id) => {
            change((now) => withStagesBack(now, saved, [id]));
            focus(id, 'head');
          }}
        />
      )}
      <div>
        <Button variant="default" leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={add}>
          <FormattedMessage id="setup.addStage" />
        </Button>
      </div>
      <p className="visually-hidden" role="status">
        {aloud}
      </p>
    </section>
  );
}

/** Says which saved stages go with the next save, and keeps one that is wanted after all. */
function RemovedStages({
  saved,
  stages,
  onKeep,
}: {
  saved: PipelineValues;
  stages: PipelineValues['stages'];
  onKeep(id: string): void;
}) {
  const removed = saved.stages.filter(({ id }) => !stages.some((stage) => stage.id === id));
  return removed.map((stage) => (
    <p key={stage.id} className={classes['removed']}>
      <FormattedMessage id="setup.stageGoes" values={{ stage: stage.name }} />{' '}
      <Button variant="transparent" size="compact-sm" p={0} onClick={() => onKeep(stage.id)}>
        <FormattedMessage id="setup.keepStage" />
      </Button>
    </p>
  ));
}

/** Gives the focus to a control of a stage once it is drawn: what is moved in the page loses it. */
function useFocusAfter(list: React.RefObject<HTMLElement | null>): (stageId: string, control: string) => void {
  const wanted = useRef('');
  useEffect(() => {
    if (!wanted.current) return;
    const element = list.current?.querySelector<HTMLElement>(wanted.current);
    if (!element) return;
    wanted.current = '';
    element.focus();
  });
  return useCallback((stageId, control) => {
    wanted.current = `[data-stage="${CSS.escape(stageId)}"] [data-control="${control}"]`;
  }, []);
}
