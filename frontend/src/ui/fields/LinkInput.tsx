import { Select } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useIntl } from 'react-intl';
import type { InputProps } from './inputProps.ts';
import { type Named, useFieldSources } from './sources.ts';

const typingPauseMs = 200;

/** Finds a record by its name. */
export function LinkInput({
  linkType,
  value,
  onChange,
  ...shared
}: InputProps & { linkType: string; value: string; onChange(value: unknown): void }) {
  const intl = useIntl();
  const { search, nameOf } = useFieldSources();
  const [words, setWords] = useState('');
  const [found, setFound] = useState<readonly Named[]>([]);
  const chosen = value
    ? [
        {
          id: value,
          name: found.find(({ id }) => id === value)?.name || nameOf(value) || intl.formatMessage({ id: 'ui.notShared' }),
        },
      ]
    : [];

  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      void search(linkType, words)
        .catch(() => [])
        .then((records) => {
          if (current) setFound(records);
        });
    }, typingPauseMs);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [search, linkType, words]);

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
