import { useMemo } from 'react';
import { useIntl } from 'react-intl';
import { type Undoable, useOutbox, useSyncState, useUndo } from '../api/hooks.ts';
import { UndoToast } from '../ui/UndoToast.tsx';
import { isAbout } from './Refusals.tsx';

/** The way back from the own last change, as long as what it is about is there to be seen. */
export function Undo() {
  const { last, undo } = useUndo();
  const closed = useIsOver(last);
  const note = useNote(last);
  const offer = useMemo(() => last && { key: last.commandId, words: last.label, note, closed }, [last, note, closed]);
  return <UndoToast offer={offer} onUndo={() => void undo()} />;
}

/** Of a change that nobody else can know of yet, since there is no connection: whether it is kept, and that it will be sent. */
function useNote(last: Undoable | undefined): string | undefined {
  const intl = useIntl();
  const unsent = useSyncState(
    ({ live, pending }) =>
      live === 'offline' && pending.some(({ commandId, state }) => commandId === last?.commandId && state === 'waiting'),
  );
  const { keeps } = useOutbox();
  return unsent ? intl.formatMessage({ id: keeps ? 'ui.keptUnsent' : 'ui.unkeptUnsent' }) : undefined;
}

/** Whether a record of the change is out of sight, or a newer refusal about one is shown. */
function useIsOver(last: Undoable | undefined): boolean {
  const { refused } = useOutbox();
  const gone = useSyncState(({ records }) => last?.changed.some((id) => !records.has(id)));
  if (!last) return false;
  return (
    gone === true || refused.some((command) => command.givenAt >= last.at && last.changed.some((id) => isAbout(command, id)))
  );
}
