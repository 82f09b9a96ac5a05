import { ActionIcon, Menu } from '@mantine/core';
import { IconDots, IconTrash } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { FormattedMessage, useIntl } from 'react-intl';

/** The menu itself; see PageMenu. */
export function PageMenuItems() {
  const intl = useIntl();
  const words = intl.formatMessage({ id: 'record.more' });
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <ActionIcon aria-label={words} title={words} variant="default">
          <IconDots size={18} stroke={1.6} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/trash" leftSection={<IconTrash size={16} stroke={1.6} aria-hidden />}>
          <FormattedMessage id="record.toTrash" />
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
