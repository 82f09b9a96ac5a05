import { IconEye } from '@tabler/icons-react';
import { useIntl } from 'react-intl';
import type { Watcher } from './audience.ts';
import { useNameOf } from './people.ts';
import classes from './records.module.css';

/**
 * Who sees this: one of the signs of trust, always in the same place. With
 * onPress it opens what changes it.
 */
export function VisibleTo({
  watchers,
  of,
  onPress,
}: {
  watchers: readonly Watcher[];
  of: 'board' | 'record';
  onPress?: (() => void) | undefined;
}) {
  const words = useWatcherWords(watchers, of);
  if (watchers.length === 0) return null;
  const content = (
    <>
      <IconEye size={15} stroke={1.6} aria-hidden="true" />
      <span>{words}</span>
    </>
  );
  return onPress ? (
    <button type="button" className={classes['chip']} onClick={onPress}>
      {content}
    </button>
  ) : (
    <span className={classes['chip']}>{content}</span>
  );
}

function useWatcherWords(watchers: readonly Watcher[], of: 'board' | 'record'): string {
  const intl = useIntl();
  const name = useNameOf();
  const list = intl.formatList(
    watchers.map(({ departmentId, without }) => {
      const department = name(departmentId) || intl.formatMessage({ id: 'record.someDepartment' });
      return without.includes('money') ? intl.formatMessage({ id: 'record.withoutAmounts' }, { department }) : department;
    }),
  );
  return intl.formatMessage(
    { id: of === 'board' ? 'record.boardVisibleTo' : 'record.visibleTo' },
    { list, count: watchers.length },
  );
}
