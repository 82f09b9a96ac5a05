import { useState } from 'react';
import { useIntl } from 'react-intl';
import { NoAccess, Skeletons, useProblemText } from '../../ui/index.ts';
import { DoorForm } from './DoorForm.tsx';
import { NewPassword } from './NewPassword.tsx';
import { useDoor } from './useDoor.ts';
import { useLink } from './useLink.ts';

/** Somebody with a link from an admin chooses a new password. */
export function ResetForm({ token }: { token: string }) {
  const intl = useIntl();
  const problemText = useProblemText();
  const link = useLink(token);
  const [password, setPassword] = useState('');
  const door = useDoor('/reset', () => ({ token, password }));
  if (!link) return <Skeletons>{null}</Skeletons>;
  if (!link.view) return <NoAccess sentence={link.problem && problemText(link.problem)} />;
  return (
    <DoorForm
      title={intl.formatMessage({ id: 'auth.reset' })}
      intro={intl.formatMessage({ id: 'auth.resetIntro' }, { email: link.view.email })}
      verb={intl.formatMessage({ id: 'auth.resetVerb' })}
      door={door}
    >
      <NewPassword value={password} onChange={setPassword} error={door.fields['password']} />
    </DoorForm>
  );
}
