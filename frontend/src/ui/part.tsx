import { type ComponentType, type ReactNode, useCallback, useEffect, useState } from 'react';
import { FormattedMessage } from 'react-intl';
import classes from './part.module.css';
import { useAskingAgain } from './useAskingAgain.ts';

/** A component that is kept out of the first load; show it with Part. */
export interface LazyPart<P> {
  /** Loads it, ahead or again. */
  load(): Promise<void>;
  /** undefined until it is loaded; then it is shown in the same frame. */
  shown(): ComponentType<P> | undefined;
}

/** Describes a part of the app that is seldom needed; `load` imports it. */
export function lazyPart<P>(load: () => Promise<ComponentType<P>>): LazyPart<P> {
  let loaded: ComponentType<P> | undefined;
  return {
    load: async () => {
      loaded ??= await load();
    },
    shown: () => loaded,
  };
}

/**
 * Shows a lazy part with its properties. Other than React's lazy it survives a
 * network that is gone: it says so, or shows `missing`, and comes when the network does.
 */
export function Part<P extends object>(shows: { of: LazyPart<P>; with: P; missing?: ReactNode }) {
  const { of, with: props, missing } = shows;
  const [, setReady] = useState(false);
  const [failed, setFailed] = useState(false);
  const ask = useCallback(() => {
    of.load().then(
      () => setReady(true),
      () => setFailed(true),
    );
  }, [of]);
  useEffect(ask, [ask]);
  useAskingAgain(failed && !of.shown(), ask);
  const Shown = of.shown();
  if (Shown) return <Shown {...props} />;
  if (!failed) return null;
  if (missing) return missing;
  return (
    <p role="alert" className={classes['missing']}>
      <FormattedMessage id="ui.partMissing" />
    </p>
  );
}
