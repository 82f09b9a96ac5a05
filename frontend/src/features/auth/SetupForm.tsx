import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { bestLanguage } from '../../i18n/index.ts';
import { DoorForm } from './DoorForm.tsx';
import { DoorText } from './DoorText.tsx';
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
  const door = useDoor('/setup', () => ({
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
      door={door}
    >
      <DoorText
        label={intl.formatMessage({ id: 'auth.company' })}
        autoComplete="organization"
        value={company}
        onChange={setCompany}
        error={door.fields['company']}
      />
      <NativeSelect
        label={intl.formatMessage({ id: 'auth.currency' })}
        value={currency}
        data={currencies.map((code) => ({ value: code, label: `${code} – ${names.of(code) ?? code}` }))}
        onChange={(event) => setCurrency(event.currentTarget.value)}
        error={door.fields['currency']}
      />
      <DoorText
        label={intl.formatMessage({ id: 'auth.yourName' })}
        autoComplete="name"
        value={name}
        onChange={setName}
        error={door.fields['name']}
      />
      <DoorText
        label={intl.formatMessage({ id: 'auth.email' })}
        autoComplete="username"
        value={email}
        onChange={setEmail}
        error={door.fields['email']}
      />
      <NewPassword value={password} onChange={setPassword} error={door.fields['password']} />
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
