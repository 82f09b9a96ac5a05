import { IconEye } from '@tabler/icons-react';
import { useIntl } from 'react-intl';
import type { CrmRecord } from '../api/hooks.ts';
import type { Reader } from '../api/wire.ts';
import { useReaderName } from './readers.ts';
import classes from './records.module.css';

/**
 * Who sees this: one of the signs of trust, always in the same place. With
 * onPress it opens what changes it.
 */
export function VisibleTo({
  record,
  readers,
  onPress,
}: {
  /** A record, or a board: then its deals are what is seen. */
  record: CrmRecord;
  readers: readonly Reader[];
  onPress?: (() => void) | undefined;
}) {
  const words = useWords(record.type, readers);
  if (readers.length === 0) return null;
  const content = (
    <>
      <IconEye size={15} stroke={1.6} aria-hidden="true" />
      <span>{words}</span>
    </>
  );
  return onPress ? (
    <button type="button" className={classes['chip']} data-testid="visible-to" onClick={onPress}>
      {content}
    </button>
  ) : (
    <span className={classes['chip']} data-testid="visible-to">
      {content}
    </span>
  );
}

function useWords(type: string, readers: readonly Reader[]): string {
  const intl = useIntl();
  const name = useReaderName();
  // Of deals the amounts are what is kept back, of customers how to reach them.
  const [kept, id] = type === 'deal' || type === 'board' ? ['money', 'record.withoutAmounts'] : ['reach', 'record.withoutReach'];
  const list = intl.formatList(
    readers.map((reader) =>
      reader.without.includes(kept) ? intl.formatMessage({ id }, { department: name(reader) }) : name(reader),
    ),
  );
  // "Some of Marketing" are several.
  const count = readers.length + readers.filter(({ part }) => part).length;
  return intl.formatMessage({ id: type === 'board' ? 'record.boardVisibleTo' : 'record.visibleTo' }, { list, count });
}
