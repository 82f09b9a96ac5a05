import { NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { bestLanguage } from '../../i18n/index.ts';
import { DoorForm } from './DoorForm.tsx';
import { NewPassword } from './NewPassword.tsx';
import { useDoor } from './useDoor.ts';

const currencies = [
  'EUR',
  'USD',
  'GBP',
  'CHF',
  'RUB',
  'TWD',
  'MXN',
  'PLN',
  'SEK',
  'DKK',
  'NOK',
  'JPY',
  'CNY',
  'BRL',
  'ARS',
  'CLP',
  'COP',
  'CAD',
  'AUD',
  'INR',
  'KZT',
  'TRY',
];

/** The first visit: who you are, and the company's name. Everything else can be changed later. */
export function SetupForm() {
  const intl = useIntl();
  const [company, setCompany] = useState('');
  const [currency, setCurrency] = useState(likelyCurrency);
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { submit, busy, fields, sentence } = useDoor('/setup', () => ({
    company,
    currency,
    timeZone,
    name,
    email,
    password,
    language: bestLanguage([intl.locale]),
  }));
  const names = new Intl.DisplayNames(intl.locale, { type: 'currency' });
  return (
    <DoorForm
      title={intl.formatMessage({ id: 'auth.setup' })}
      intro={intl.formatMessage({ id: 'auth.setupIntro' })}
      verb={intl.formatMessage({ id: 'auth.begin' })}
      busy={busy}
      sentence={sentence}
      onSubmit={submit}
    >
      <TextInput
        label={intl.formatMessage({ id: 'auth.company' })}
        name="organization"
        autoComplete="organization"
        value={company}
        onChange={(event) => setCompany(event.currentTarget.value)}
        error={fields['company']}
      />
      <NativeSelect
        label={intl.formatMessage({ id: 'auth.currency' })}
        value={currency}
        data={currencies.map((code) => ({ value: code, label: `${code} – ${names.of(code) ?? code}` }))}
        onChange={(event) => setCurrency(event.currentTarget.value)}
        error={fields['currency']}
      />
      <TextInput
        label={intl.formatMessage({ id: 'auth.yourName' })}
        name="name"
        autoComplete="name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fields['name']}
      />
      <TextInput
        label={intl.formatMessage({ id: 'auth.email' })}
        type="email"
        name="email"
        autoComplete="username"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
        error={fields['email']}
      />
      <NewPassword value={password} onChange={setPassword} error={fields['password']} />
    </DoorForm>
  );
}

const byRegion: Record<string, string> = {
  US: 'USD',
  GB: 'GBP',
  CH: 'CHF',
  RU: 'RUB',
  TW: 'TWD',
  MX: 'MXN',
  PL: 'PLN',
  SE: 'SEK',
  DK: 'DKK',
  NO: 'NOK',
  JP: 'JPY',
  CN: 'CNY',
  BR: 'BRL',
  AR: 'ARS',
  CL: 'CLP',
  CO: 'COP',
  CA: 'CAD',
  AU: 'AUD',
  IN: 'INR',
  KZ: 'KZT',
  TR: 'TRY',
};

/** The currency of the browser's region; a first guess that stands beside its choice. */
function likelyCurrency(): string {
  const region = new Intl.Locale(navigator.language).maximize().region ?? '';
  return byRegion[region] ?? 'EUR';
}
