import { useEffect, useRef, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import classes from './UndoToast.module.css';

const shownMs = 10_000;

/** A change that can be taken back; `key` tells two changes of the same words apart. */
export interface UndoOffer {
  readonly key: string;
  readonly words: string;
  /** What else there is to say about it, below the words. */
  readonly note?: string | undefined;
  /** It is no longer shown; Ctrl+Z works all the same. */
  readonly closed?: boolean;
}

/**
 * Offers the way back for ten seconds, longer while the pointer or the focus is
 * on it. F6 goes there, Ctrl+Z works from everywhere outside of a text field,
 * and history offers the same afterwards, so nobody has to be quick.
 */
export function UndoToast({ offer, onUndo }: { offer: UndoOffer | undefined; onUndo(): void }) {
  const intl = useIntl();
  const button = useRef<HTMLButtonElement>(null);
  const [hidden, setHidden] = useState('');
  const [held, setHeld] = useState(false);
  const key = offer?.key;
  const shown = offer && !offer.closed && hidden !== key;

  useEffect(() => {
    if (key === undefined || held) return undefined;
    const timer = setTimeout(() => setHidden(key), shownMs);
    return () => clearTimeout(timer);
  }, [key, held]);

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === 'F6' && button.current) {
        event.preventDefault();
        button.current.focus();
      }
      // By code: on a Russian layout the same key writes я.
      if (
        event.code === 'KeyZ' &&
        (event.ctrlKey || event.metaKey) &&
        !event.shiftKey &&
        !event.isComposing &&
        key !== undefined &&
        !isTyping(event.target)
      ) {
        event.preventDefault();
        onUndo();
      }
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [key, onUndo]);

  return (
    <div className={classes['place']} role="status" aria-live="polite">
      {shown && (
        // biome-ignore lint/a11y/noStaticElementInteractions: pausing on hover and focus adds nothing to press
        <div
          className={classes['toast']}
          onPointerEnter={() => setHeld(true)}
          onPointerLeave={() => setHeld(false)}
          onFocus={() => setHeld(true)}
          onBlur={() => setHeld(false)}
          onKeyDown={(event) => event.key === 'Escape' && setHidden(offer.key)}
        >
          <span>
            <span className={classes['words']}>{offer.words}</span>
            {offer.note && <small>{offer.note}</small>}
          </span>
          <button ref={button} type="button" onClick={onUndo}>
            <FormattedMessage id="ui.undo" /> <kbd aria-label={intl.formatMessage({ id: 'ui.undoKey' })}>{'Ctrl Z'}</kbd>
          </button>
        </div>
      )}
    </div>
  );
}

/** Whether a key press belongs to a text that is being written. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
