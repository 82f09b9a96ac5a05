import { useState } from 'react';
import { useIntl } from 'react-intl';
import { bestLanguage } from '../../i18n/index.ts';
import { NoAccess, Skeletons, useProblemText } from '../../ui/index.ts';
import { DoorForm } from './DoorForm.tsx';
import { DoorText } from './DoorText.tsx';
import { NewPassword } from './NewPassword.tsx';
import { useDoor } from './useDoor.ts';
import { type LinkView, useLink } from './useLink.ts';

/** Somebody with an invitation chooses a name and a password. */
export function JoinForm({ token }: { token: string }) {
  const problemText = useProblemText();
  const link = useLink(token);
  if (!link) return <Skeletons>{null}</Skeletons>;
  if (link.view) return <Join token={token} view={link.view} />;
  return <NoAccess sentence={link.problem && problemText(link.problem)} />;
}

function Join({ token, view }: { token: string; view: LinkView }) {
  const intl = useIntl();
  const [name, setName] = useState(view.name ?? '');
  const [password, setPassword] = useState('');
  const door = useDoor('/invitations/accept', () => ({
    token,
    name,
    password,
    language: bestLanguage([intl.locale]),
  }));
  return (
    <DoorForm
      title={intl.formatMessage({ id: 'auth.join' }, { workspace: view.workspace })}
      intro={intl.formatMessage({ id: 'auth.joinIntro' }, { email: view.email })}
      verb={intl.formatMessage({ id: 'auth.joinVerb' })}
      door={door}
    >
      <DoorText
        label={intl.formatMessage({ id: 'auth.yourName' })}
        autoComplete="name"
        value={name}
        onChange={setName}
        error={door.fields['name']}
      />
      <NewPassword value={password} onChange={setPassword} error={door.fields['password']} />
    </DoorForm>
  );
}
