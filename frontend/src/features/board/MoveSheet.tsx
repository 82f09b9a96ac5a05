import { Button, Modal, Select, TextInput } from '@mantine/core';
import { IconArrowRight, IconBan, IconCheck } from '@tabler/icons-react';
import { type FormEvent, useId, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useRecord, useSchema } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import type { Stage } from '../../records/stages.ts';
import { WhoWants } from '../../records/WhoWants.tsx';
import { FieldInput } from '../../ui/fields/FieldInput.tsx';
import { isUnreadable, useProblemText } from '../../ui/index.ts';
import classes from './MoveSheet.module.css';
import { asksFor, type MoveAnswers } from './moves.ts';

export interface MoveSheetProps {
  readonly deal: CrmRecord;
  readonly stages: readonly Stage[];
  readonly lostReasons: readonly string[];
  /** A stage that has been chosen already, by a drop or a key, and asks for something. */
  readonly chosen?: Stage | undefined;
  /** Why the deal cannot go into a stage; undefined where it can. */
  barred(stage: Stage): Problem | undefined;
  onMove(stage: Stage, answers: MoveAnswers): void;
  onClose(): void;
}

/** The stages as large buttons, for fingers and for the keyboard; then what the chosen stage wants to know. */
export function MoveSheet({ deal, stages, lostReasons, chosen, barred, onMove, onClose }: MoveSheetProps) {
  const intl = useIntl();
  const fields = useSchema('deal');
  const [stage, setStage] = useState(chosen);
  const groupOf = (key: string) => fields.find((field) => field.key === key)?.group ?? '';
  const choose = (next: Stage) => {
    const asked = asksFor(next, deal, groupOf);
    if (asked.lostReason || asked.fields.length > 0) setStage(next);
    else onMove(next, {});
  };
  // The focus begins on the step most take: the next one, never a far one.
  const open = stages.filter((each) => !barred(each));
  const at = stages.findIndex(({ id }) => id === text(deal, 'stageId'));
  const likely = open.find((each) => stages.indexOf(each) > at) ?? open[0];
  const title = intl.formatMessage({ id: 'board.moveTitle' }, { deal: text(deal, 'title') });
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': intl.formatMessage({ id: 'ui.close' }) }}>
      {stage ? (
        <StageAsks
          deal={deal}
          stage={stage}
          asked={asksFor(stage, deal, groupOf)}
          lostReasons={lostReasons}
          onMove={(answers) => onMove(stage, answers)}
          onBack={chosen ? onClose : () => setStage(undefined)}
        />
      ) : (
        <ul className={classes['stages']}>
          {stages.map((each) => (
            <StageChoice
              key={each.id}
              stage={each}
              here={each.id === text(deal, 'stageId')}
              barred={barred(each)}
              likely={each === likely}
              onChoose={() => choose(each)}
            />
          ))}
        </ul>
      )}
    </Modal>
  );
}

interface ChoiceProps {
  readonly stage: Stage;
  readonly here: boolean;
  readonly barred: Problem | undefined;
  readonly likely: boolean;
  onChoose(): void;
}

/** A stage to press. One that is barred can still be reached by Tab, so that its reason is heard. */
function StageChoice({ stage, here, barred, likely, onChoose }: ChoiceProps) {
  const intl = useIntl();
  const problemText = useProblemText();
  const reason = useId();
  return (
    <li>
      <button
        type="button"
        disabled={here}
        aria-disabled={barred !== undefined || undefined}
        aria-describedby={barred ? reason : undefined}
        aria-current={here ? 'step' : undefined}
        onClick={barred ? undefined : onChoose}
        data-autofocus={likely || undefined}
      >
        <span>
          {stage.name}
          {barred && !here && (
            <small id={reason} aria-hidden="true">
              {problemText(barred)}
            </small>
          )}
        </span>
        {here ? (
          <IconCheck size={18} aria-label={intl.formatMessage({ id: 'board.isHere' })} />
        ) : barred ? (
          <IconBan size={18} aria-hidden="true" />
        ) : (
          <IconArrowRight size={18} aria-hidden="true" />
        )}
      </button>
    </li>
  );
}

interface AsksProps {
  readonly deal: CrmRecord;
  readonly stage: Stage;
  readonly asked: { readonly lostReason: boolean; readonly fields: readonly string[] };
  readonly lostReasons: readonly string[];
  onMove(answers: MoveAnswers): void;
  onBack(): void;
}

function StageAsks({ deal, stage, asked, lostReasons, onMove, onBack }: AsksProps) {
  const schema = useSchema('deal');
  const pipeline = useRecord(text(deal, 'pipelineId') || undefined);
  const [values, setValues] = useState<Readonly<Record<string, unknown>>>({});
  const [lostReason, setLostReason] = useState('');
  const filled = asked.fields.every((key) => (values[key] ?? '') !== '' && !isUnreadable(values[key]));
  // A pipeline that lists reasons wants one of them; elsewhere a word is welcome.
  const ready = filled && (!asked.lostReason || lostReasons.length === 0 || lostReason !== '');
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) onMove({ ...(lostReason && { lostReason }), ...(asked.fields.length > 0 && { values }) });
  };
  return (
    <form onSubmit={onSubmit} className={classes['asks']}>
      {asked.fields.length > 0 && (
        <div className={classes['why']}>
          <b>
            <FormattedMessage id="board.stageAsks" values={{ stage: stage.name }} />
          </b>{' '}
          {stage.why} <WhoWants of={pipeline} />
        </div>
      )}
      {asked.lostReason && <LostReason reasons={lostReasons} value={lostReason} onChange={setLostReason} />}
      {schema
        .filter((field) => asked.fields.includes(field.key))
        .map((field) => (
          <FieldInput
            key={field.key}
            type="deal"
            field={{ ...field, required: true }}
            value={values[field.key]}
            onChange={(value) => setValues((now) => ({ ...now, [field.key]: value }))}
          />
        ))}
      <div className={classes['verbs']}>
        <Button variant="default" onClick={onBack}>
          <FormattedMessage id="board.back" />
        </Button>
        <Button type="submit" disabled={!ready}>
          <FormattedMessage id="board.moveTo" values={{ stage: stage.name }} />
        </Button>
      </div>
    </form>
  );
}

function LostReason({ reasons, value, onChange }: { reasons: readonly string[]; value: string; onChange(reason: string): void }) {
  const intl = useIntl();
  const label = intl.formatMessage({ id: 'board.lostReason' });
  if (reasons.length === 0)
    return (
      <TextInput
        label={label}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        maxLength={500}
        data-autofocus
      />
    );
  return (
    <Select
      label={label}
      data={[...reasons]}
      value={value || null}
      onChange={(reason) => onChange(reason ?? '')}
      required
      data-autofocus
    />
  );
}
