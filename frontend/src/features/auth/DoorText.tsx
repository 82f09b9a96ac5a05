import { TextInput } from '@mantine/core';

interface DoorTextProps {
  readonly label: string;
  /** What browsers and password managers know the text as. */
  readonly autoComplete: 'organization' | 'name' | 'username';
  readonly value: string;
  readonly error: string | undefined;
  onChange(value: string): void;
}

/** One line of text at the door. */
export function DoorText({ label, autoComplete, value, error, onChange }: DoorTextProps) {
  const email = autoComplete === 'username';
  return (
    <TextInput
      label={label}
      {...(email && { type: 'email' })}
      name={email ? 'email' : autoComplete}
      autoComplete={autoComplete}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
    />
  );
}
