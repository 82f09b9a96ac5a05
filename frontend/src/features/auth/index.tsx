import { useLocation } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { useIntl } from 'react-intl';
import { useApi } from '../../api/hooks.ts';
import { ErrorState, Skeletons, useAskingAgain } from '../../ui/index.ts';
import { AuthFrame } from './AuthFrame.tsx';
import { JoinForm } from './JoinForm.tsx';
import { ResetForm } from './ResetForm.tsx';
import { SetupForm } from './SetupForm.tsx';
import { SignInForm } from './SignInForm.tsx';

/** The way in: the first visit, sign-in, and the links that let somebody join or set a password. */
export function AuthPage() {
  const { pathname, hash } = useLocation();
  // Links carry their token behind the #, which no server and no log ever sees.
  if (pathname === '/invite') {
    return (
      <AuthFrame>
        <JoinForm token={hash} />
      </AuthFrame>
    );
  }
  if (pathname === '/reset') {
    return (
      <AuthFrame>
        <ResetForm token={hash} />
      </AuthFrame>
    );
  }
  return (
    <AuthFrame>
      <FirstOrSignIn />
    </AuthFrame>
  );
}

/** Whoever comes first makes the workspace; everybody after signs in. */
function FirstOrSignIn() {
  const intl = useIntl();
  const api = useApi();
  const [needed, setNeeded] = useState<boolean | 'unknown'>();
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt asks again
  useEffect(() => {
    let current = true;
    const answer = (value: boolean | 'unknown') => {
      if (current) setNeeded(value);
    };
    api.get<{ needed: boolean }>('/setup').then(
      (setup) => answer(setup.needed),
      () => answer('unknown'),
    );
    return () => {
      current = false;
    };
  }, [api, attempt]);
  const again = useCallback(() => setAttempt((count) => count + 1), []);
  useAskingAgain(needed === 'unknown', again);

  if (needed === undefined) return <Skeletons>{null}</Skeletons>;
  if (needed === 'unknown') {
    const verb = { label: intl.formatMessage({ id: 'auth.tryAgain' }), onPress: again };
    return <ErrorState sentence={intl.formatMessage({ id: 'auth.noServer' })} verb={verb} />;
  }
  return needed ? <SetupForm /> : <SignInForm />;
}
