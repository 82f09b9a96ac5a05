import { ActionIcon } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useIntl } from 'react-intl';
import { type CrmRecord, useCommand } from '../api/hooks.ts';
import { nameOf } from './people.ts';

/** Puts a record into the trash. There is no question before it, for there is a way back after it. */
export function TrashButton({ record, onTrashed }: { record: CrmRecord; onTrashed(): void }) {
  const intl = useIntl();
  const run = useCommand();
  const words = intl.formatMessage({ id: 'record.trash' });
  const trash = () => {
    void run({
      name: 'record.trash',
      args: { id: record.id },
      label: intl.formatMessage({ id: 'record.trashed' }, { record: nameOf(record) }),
    });
    onTrashed();
  };
  return (
    <ActionIcon aria-label={words} title={words} onClick={trash}>
      <IconTrash size={18} stroke={1.6} aria-hidden="true" />
    </ActionIcon>
  );
}
