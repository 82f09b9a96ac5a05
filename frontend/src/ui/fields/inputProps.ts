import type { ReactNode } from 'react';

/** What all inputs share. */
export interface InputProps {
  readonly label: string;
  readonly description?: ReactNode;
  readonly error?: ReactNode;
  readonly required: boolean;
  readonly disabled: boolean;
  readonly 'data-autofocus'?: true;
  readonly autoFocus?: boolean;
}
