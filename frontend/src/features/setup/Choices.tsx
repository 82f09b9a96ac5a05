import { ActionIcon, Button, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useRef } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { bestLanguage } from '../../i18n/index.ts';
import type { ChoiceValues } from './fieldValues.ts';
import { keyFrom } from './keyFrom.ts';
import classes from './setup.module.css';

/** What can be chosen. Words are changed as one likes: values go by the key, which a choice gets once. */
export function Choices({
  choices,
  error,
  onChange,
}: {
  choices: readonly ChoiceValues[];
  error: string | undefined;
  onChange(choices: readonly ChoiceValues[]): void;
}) {
  const intl = useIntl();
  const list = useRef<HTMLUListElement>(null);
  const language = bestLanguage([intl.locale]);
  const words = ({ key, labels }: ChoiceValues) => labels[language] ?? Object.values(labels)[0] ?? key;
  const focusOn = (place: number) => requestAnimationFrame(() => list.current?.querySelectorAll('input')[place]?.focus());
  const add = () => {
    const taken = new Set(choices.map(({ key }) => key));
    onChange([...choices, { key: keyFrom('', taken, 'choice'), labels: { [language]: '' } }]);
    focusOn(choices.length);
  };
  return (
    <fieldset className={classes['choices']}>
      <legend>
        <FormattedMessage id="setup.choices" />
      </legend>
      <ul ref={list} className={classes['rows']}>
        {choices.map((choice, place) => (
          <li key={choice.key}>
            <TextInput
              aria-label={intl.formatMessage({ id: 'setup.choice' }, { number: place + 1 })}
              value={words(choice)}
              maxLength={100}
              onChange={(event) => {
                const labels = { ...choice.labels, [language]: event.currentTarget.value };
                onChange(choices.with(place, { ...choice, labels }));
              }}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
                event.preventDefault(); // the next choice, not the end of the form
                add();
              }}
            />
            <ActionIcon
              aria-label={intl.formatMessage({ id: 'setup.removeChoice' }, { choice: words(choice) || place + 1 })}
              onClick={() => {
                onChange(choices.toSpliced(place, 1));
                focusOn(Math.max(0, place - 1));
              }}
            >
              <IconX size={18} stroke={1.6} aria-hidden="true" />
            </ActionIcon>
          </li>
        ))}
      </ul>
      {error && (
        <p role="alert" className={classes['problem']}>
          {error}
        </p>
      )}
      <div>
        <Button variant="default" leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={add}>
          <FormattedMessage id="setup.addChoice" />
        </Button>
      </div>
    </fieldset>
  );
}
