// @vitest-environment happy-dom
import { cleanup, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { IntlProvider } from 'react-intl';
import { afterEach, expect, it } from 'vitest';
import { loadMessages } from '../i18n/index.ts';
import { useProblemText } from './problems.ts';

afterEach(cleanup);

it.each([
  ['en', '1', 'Too many attempts. Try again in 1 second.'],
  ['en', '89', 'Too many attempts. Try again in 89 seconds.'],
  ['en', '90', 'Too many attempts. Try again in 2 minutes.'],
  ['en', '121', 'Too many attempts. Try again in 3 minutes.'],
  ['en', undefined, 'Too many attempts. Try again in 1 second.'],
  ['ru', '21', 'Слишком много попыток. Попробуйте снова через 21 секунду.'],
  ['ru', '180', 'Слишком много попыток. Попробуйте снова через 3 минуты.'],
  ['es', '300', 'Demasiados intentos. Vuelve a intentarlo dentro de 5 minutos.'],
  ['zh-Hant', '45', '嘗試次數過多。請在 45 秒後再試。'],
])('too many attempts says in %s after %s seconds when to try again', async (locale, seconds, want) => {
  const messages = await loadMessages(locale as 'en');
  const wrapper = ({ children }: { children: ReactNode }) => (
    <IntlProvider locale={locale} messages={messages}>
      {children}
    </IntlProvider>
  );
  const { result } = renderHook(useProblemText, { wrapper });
  const params = seconds ? { seconds } : undefined;
  expect(result.current({ code: 'limited', reason: 'too_many_attempts', params })).toBe(want);
});
