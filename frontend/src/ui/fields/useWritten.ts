import { useState } from 'react';
import { isUnreadable, type Unreadable } from './unreadable.ts';

interface Writing {
  readonly value: unknown;
  /** The value as a text, while nobody writes. */
  readonly shown: string;
  /** What a text says; undefined when it cannot be read. */
  read(text: string): unknown;
  /** What is given for a text that cannot be read. */
  refuse(text: string): Unreadable;
  onChange(value: unknown): void;
}

/** A text that stays as it is written: "12," must not jump to "12", and "twelve" must not become 1. */
export function useWritten({ value, shown, read, refuse, onChange }: Writing) {
  const [written, setWritten] = useState<string>();
  const kept = written ?? (isUnreadable(value) ? value.unreadable : undefined);
  const unreadable = kept !== undefined && kept.trim() !== '' && read(kept) === undefined;
  return {
    text: kept ?? shown,
    unreadable,
    write: (text: string) => {
      setWritten(text);
      onChange(text.trim() === '' ? null : (read(text) ?? refuse(text)));
    },
    rest: () => {
      if (!unreadable) setWritten(undefined);
    },
  };
}
