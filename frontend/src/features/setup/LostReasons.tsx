import { ActionIcon, Button, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useRef } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { ClashNotice } from './ClashNotice.tsx';
import type { PartProps } from './partProps.ts';
import classes from './setup.module.css';

/** What can be chosen on losing a deal. */
export function LostReasons({ values, change, clashes, decide, problems, by }: PartProps) {
  const intl = useIntl();
  const list = useRef<HTMLUListElement>(null);
  const { lostReasons } = values;
  const write = (edit: (reasons: readonly string[]) => readonly string[]) =>
    change((now) => ({ ...now, lostReasons: edit(now.lostReasons) }));
  const focusOn = (place: number) => requestAnimationFrame(() => list.current?.querySelectorAll('input')[place]?.focus());
  const add = () => {
    write((reasons) => [...reasons, '']);
    focusOn(lostReasons.length);
  };
  const remove = (place: number) => {
    write((reasons) => reasons.toSpliced(place, 1));
    focusOn(Math.max(0, place - 1));
  };
  return (
    <section className={classes['section']} aria-labelledby="lost-reasons">
      <h2 id="lost-reasons">
        <FormattedMessage id="setup.lostReasons" />
      </h2>
      <p className="soft">
        <FormattedMessage id={lostReasons.length === 0 ? 'setup.lostReasonsNone' : 'setup.lostReasonsWhy'} />
      </p>
      <ul ref={list} className={classes['rows']}>
        {lostReasons.map((reason, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: reasons have no ids, and the same words may be typed twice
          <li key={place}>
            <TextInput
              aria-label={intl.formatMessage({ id: 'setup.lostReason' }, { number: place + 1 })}
              value={reason}
              maxLength={100}
              onChange={(event) => {
                const words = event.currentTarget.value;
                write((reasons) => reasons.with(place, words));
              }}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
                event.preventDefault(); // the next reason, not the end of the form
                add();
              }}
            />
            <ActionIcon
              aria-label={intl.formatMessage({ id: 'setup.removeReason' }, { reason: reason || place + 1 })}
              onClick={() => remove(place)}
            >
              <IconX size={18} stroke={1.6} aria-hidden="true" />
            </ActionIcon>
          </li>
        ))}
      </ul>
      {problems.of('lostReasons') && (
        <p role="alert" className={classes['problem']}>
          {problems.of('lostReasons')}
        </p>
      )}
      <ClashNotice
        clashes={clashes}
        path="lostReasons"
        by={by}
        decide={decide}
        show={(reasons) => (reasons as string[]).join(' · ')}
      />
      <div>
        <Button variant="default" leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={add}>
          <FormattedMessage id="setup.addReason" />
        </Button>
      </div>
    </section>
  );
}
