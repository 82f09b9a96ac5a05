import { Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useIntl } from 'react-intl';
import { AddressInput } from './AddressInput.tsx';
import { ChoiceInput } from './ChoiceInput.tsx';
import type { InputProps } from './inputProps.ts';
import { LinkInput } from './LinkInput.tsx';
import { useFieldLabel } from './labels.ts';
import { MoneyInput } from './MoneyInput.tsx';
import { NumberField } from './NumberField.tsx';
import { asList, asText, type FieldShape } from './shape.ts';

export interface FieldInputProps {
  /** Record type, by which labels are found. */
  readonly type: string;
  readonly field: FieldShape;
  readonly value: unknown;
  /** null is no value. */
  onChange(value: unknown): void;
  readonly error?: ReactNode;
  /** "Visible to Sales North and Marketing": who will see what is written here. */
  readonly visibleTo?: ReactNode;
  readonly autoFocus?: boolean;
  readonly disabled?: boolean;
}

const types: Record<string, { type: string; autoComplete?: string }> = {
  email: { type: 'email' },
  phone: { type: 'tel' },
  url: { type: 'url' },
  date: { type: 'date' },
};

/** The input for a field, by its kind. It holds no value of its own, so nothing is lost when it is drawn again. */
export function FieldInput({ type, field, value, onChange, error, visibleTo, autoFocus, disabled }: FieldInputProps) {
  const intl = useIntl();
  const label = useFieldLabel();
  const shared: InputProps = {
    label: label(type, field.key, field.labels),
    required: field.required ?? false,
    disabled: disabled ?? field.readOnly ?? false,
    ...((field.why || visibleTo) && { description: <Description why={field.why} visibleTo={visibleTo} /> }),
    ...(error !== undefined && { error }),
    ...(autoFocus && { autoFocus, 'data-autofocus': true as const }),
  };
  const give = (text: string) => onChange(text === '' ? null : text);

  switch (field.kind) {
    case 'longtext':
      return (
        <Textarea
          {...shared}
          value={asText(value)}
          onChange={(event) => give(event.currentTarget.value)}
          autosize
          minRows={2}
          maxRows={12}
          maxLength={20_000}
        />
      );
    case 'number':
      return <NumberField {...shared} value={value} onChange={onChange} />;
    case 'money':
      return <MoneyInput {...shared} value={value} onChange={onChange} />;
    case 'bool':
      return <Switch {...shared} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case 'time':
      return (
        <TextInput
          {...shared}
          type="datetime-local"
          value={localTime(asText(value))}
          onChange={(event) => onChange(utcTime(event.currentTarget.value))}
        />
      );
    case 'choice':
    case 'choices':
    case 'user':
    case 'department':
      return <ChoiceInput {...shared} type={type} field={field} value={value} onChange={onChange} />;
    case 'link':
      return <LinkInput {...shared} linkType={field.linkType ?? ''} value={asText(value)} onChange={onChange} />;
    case 'emails':
    case 'phones':
      return (
        <TagsInput
          {...shared}
          value={[...asList(value)]}
          onChange={(list) => onChange(list.length > 0 ? list : null)}
          splitChars={[',', ';']}
          maxTags={50}
          acceptValueOnBlur
          clearButtonProps={{ 'aria-label': intl.formatMessage({ id: 'ui.clear' }) }}
          inputMode={field.kind === 'emails' ? 'email' : 'tel'}
        />
      );
    case 'address':
      return <AddressInput {...shared} value={value} onChange={onChange} />;
    default:
      return (
        <TextInput
          {...shared}
          {...types[field.kind]}
          value={asText(value)}
          onChange={(event) => give(event.currentTarget.value)}
          maxLength={2_000}
        />
      );
  }
}

/** Why it is asked, and who will read it. */
function Description({ why, visibleTo }: { why: string | undefined; visibleTo: ReactNode }) {
  return (
    <>
      {why}
      {why && visibleTo && <br />}
      {visibleTo}
    </>
  );
}

/** RFC 3339 to what a datetime-local input shows, in the browser's zone. */
function localTime(at: string): string {
  const moment = new Date(at);
  if (at === '' || Number.isNaN(moment.getTime())) return '';
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function utcTime(local: string): string | null {
  const moment = new Date(local);
  return local === '' || Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}
