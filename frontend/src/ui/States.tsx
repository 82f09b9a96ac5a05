import { Button } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { useIntl } from 'react-intl';
import classes from './States.module.css';

/** The one thing a person can do about a state. */
export interface Verb {
  readonly label: string;
  onPress(): void;
}

interface StateProps {
  /** One sentence, in plain words. */
  readonly sentence: ReactNode;
  readonly verb?: Verb | undefined;
  /** What one can do instead. */
  readonly other?: Verb | undefined;
}

const drawings = {
  empty: 'M10 34h44M16 34V20h32v14M24 20v-6h16v6M26 27h12',
  error: 'M12 40 32 10l20 30ZM32 21v9M32 34v1',
  offline: 'M10 26c12-12 32-12 44 0M18 32c8-7 20-7 28 0M32 39v1M12 10l40 32',
  closed: 'M18 24h28v18H18ZM24 24v-6a8 8 0 0 1 16 0v6M32 31v4',
} as const;

function State({
  drawing,
  sentence,
  verb,
  other,
  role,
}: StateProps & { drawing: keyof typeof drawings; role?: 'alert' | 'status' }) {
  return (
    <div className={classes['state']} role={role}>
      <svg
        width="64"
        height="48"
        viewBox="0 0 64 48"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        <path d={drawings[drawing]} />
      </svg>
      <p>{sentence}</p>
      <div className={classes['verbs']}>
        {verb && <Button onClick={verb.onPress}>{verb.label}</Button>}
        {other && (
          <Button variant="default" onClick={other.onPress}>
            {other.label}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Nothing here yet. */
export function EmptyState(props: StateProps) {
  return <State drawing="empty" {...props} />;
}

/** Something went wrong on our side. */
export function ErrorState(props: StateProps) {
  return <State drawing="error" role="alert" {...props} />;
}

/** No answer from the server. */
export function OfflineState(props: StateProps) {
  return <State drawing="offline" role="status" {...props} />;
}

/** Not there, or not shared with this person: nobody is told which. */
export function NoAccess(props: StateProps) {
  return <State drawing="closed" {...props} />;
}

/** The shape of what comes, after 300 ms: most answers are faster, and a flash of grey looks slow. */
export function Skeletons({ children }: { children: ReactNode }) {
  const intl = useIntl();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div aria-busy="true" role="status" aria-label={intl.formatMessage({ id: 'ui.loading' })}>
      {late && children}
    </div>
  );
}
