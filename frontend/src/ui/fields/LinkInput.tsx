import { Select } from '@mantine/core';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import type { InputProps } from './inputProps.ts';
import { useFieldSources } from './sources.ts';
import { useFound } from './useFound.ts';

/** Finds a record by its name. */
export function LinkInput({
  linkType,
  value,
  onChange,
  ...shared
}: InputProps & { linkType: string; value: string; onChange(value: unknown): void }) {
  const intl = useIntl();
  const { nameOf } = useFieldSources();
  const [words, setWords] = useState('');
  const found = useFound(linkType, words);
  const chosen = value
    ? [
        {
          id: value,
          name: found.find(({ id }) => id === value)?.name || nameOf(value) || intl.formatMessage({ id: 'ui.notShared' }),
        },
      ]
    : [];

  const choices = [...chosen, ...found.filter(({ id }) => id !== value)];
  return (
    <Select
      {...shared}
      searchable
      clearable={!shared.required}
      clearButtonProps={{ 'aria-label': intl.formatMessage({ id: 'ui.clear' }) }}
      data={choices.map(({ id, name }) => ({ value: id, label: name }))}
      filter={({ options }) => options} // the server has searched
      nothingFoundMessage={intl.formatMessage({ id: 'ui.nothingFound' })}
      value={value || null}
      onChange={onChange}
      onSearchChange={setWords}
    />
  );
}
