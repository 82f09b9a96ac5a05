import { Button, CopyButton, Modal, TextInput } from '@mantine/core';
import { useIntl } from 'react-intl';
import classes from './members.module.css';

/** A link as the server answers it: shown this once, stored only as a hash. */
export interface IssuedLink {
  /** Behind the address of the server. */
  readonly path: string;
  readonly expiresAt: string;
}

/** A link that was just made, and for whom. */
export interface MadeLink extends IssuedLink {
  readonly kind: 'invite' | 'reset';
  readonly name: string;
}

/** Shows a link once, with a button that copies it. */
export function LinkDialog({ link, onClose }: { link: MadeLink; onClose(): void }) {
  const intl = useIntl();
  const address = location.origin + link.path;
  const until = intl.formatDate(link.expiresAt, { dateStyle: 'long', timeStyle: 'short' });
  return (
    <Modal
      opened
      onClose={onClose}
      title={intl.formatMessage({ id: link.kind === 'invite' ? 'members.linkInvite' : 'members.linkReset' }, { name: link.name })}
      closeButtonProps={{ 'aria-label': intl.formatMessage({ id: 'ui.close' }) }}
    >
      <div className={classes['form']}>
        <p>{intl.formatMessage({ id: 'members.linkOnce' }, { until })}</p>
        <TextInput
          readOnly
          aria-label={intl.formatMessage({ id: 'members.link' })}
          value={address}
          onFocus={(event) => event.currentTarget.select()}
        />
        <CopyButton value={address}>
          {({ copied, copy }) => (
            <Button data-autofocus onClick={copy}>
              {intl.formatMessage({ id: copied ? 'members.copied' : 'members.copy' })}
            </Button>
          )}
        </CopyButton>
      </div>
    </Modal>
  );
}
