import { MultiSelect, Select } from '@mantine/core';
import { useIntl } from 'react-intl';
import type { InputProps } from './inputProps.ts';
import { useChoiceLabel } from './labels.ts';
import { asList, asText, type FieldShape } from './shape.ts';
import { type Named, useFieldSources } from './sources.ts';

interface ChoiceInputProps extends InputProps {
  /** Record type, by which labels are found. */
  readonly type: string;
  /** Of kind choice, choices, user or department. */
  readonly field: FieldShape;
  readonly value: unknown;
  /** null is no value. */
  onChange(value: unknown): void;
}

/** Chooses among what is known here: the choices of the field, the people, the departments. */
export function ChoiceInput({ type, field, value, onChange, ...shared }: ChoiceInputProps) {
  const intl = useIntl();
  const data = useChoices(type, field, value);
  const pick = {
    ...shared,
    data,
    searchable: true,
    clearable: !field.required,
    clearButtonProps: { 'aria-label': intl.formatMessage({ id: 'ui.clear' }) },
    nothingFoundMessage: intl.formatMessage({ id: 'ui.nothingFound' }),
  };
  if (field.kind !== 'choices') return <Select {...pick} value={asText(value) || null} onChange={onChange} />;
  return <MultiSelect {...pick} value={[...asList(value)]} onChange={(list) => onChange(list.length > 0 ? list : null)} />;
}

function useChoices(type: string, field: FieldShape, value: unknown) {
  const choiceLabel = useChoiceLabel();
  const { people, departments } = useFieldSources();
  switch (field.kind) {
    case 'user': // who has left is shown where he is, and not offered
      return people.filter((person) => !person.gone || person.id === value).map(asOption);
    case 'department':
      return departments.map(asOption);
    default:
      return (field.choices ?? []).map(({ key }) => ({ value: key, label: choiceLabel(type, field, key) }));
  }
}

function asOption({ id, name }: Named) {
  return { value: id, label: name };
}
