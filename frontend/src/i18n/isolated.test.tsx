// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/react';
import { FormattedMessage, useIntl } from 'react-intl';
import { afterEach, expect, it } from 'vitest';
import { isolate } from './isolated.ts';
import { Messages } from './Messages.tsx';

afterEach(cleanup);

const AsText = () => <p>{useIntl().formatMessage({ id: 'made' }, { name: '\u202eAna', count: 2 })}</p>;

it.each([
  ['Latin and Cyrillic words stay as they are', 'Дубовые столы, 12 %', 'Дубовые столы, 12 %'],
  ['Chinese stays as it is', '橡木書桌', '橡木書桌'],
  ['Hebrew is isolated', 'שלום', '\u2068שלום\u2069'],
  ['an override ends with the words that hold it', 'admin \u202ecod.exe', '\u2068admin \u202ecod.exe\u2069'],
  ['an isolate cannot be closed by the words in it', 'a\u2069\u202eb', '\u2068a\u202eb\u2069'],
  [
    'a sentence keeps what it was made with',
    '\u2068\u202eAna\u2069 is now Lead',
    '\u2068\u2068\u202eAna\u2069 is now Lead\u2069',
  ],
  ['an isolate that is left open ends with the words', 'a\u2067b', '\u2068a\u2067b\u2069\u2069'],
])('[H12] %s', (_, words, want) => {
  expect(isolate(words)).toBe(want);
});

it('[H12] a name in a message is isolated, however the message is shown; numbers and elements are let be', () => {
  const values = { name: '\u202eAna', count: 2, bold: (inside: unknown) => <b key="bold">{inside as string}</b> };
  render(
    <Messages locale="en" messages={{ made: '{name} made {count}', bolder: '<bold>{name}</bold> made {count}' }}>
      <AsText />
      <p>
        <FormattedMessage id="bolder" values={values} />
      </p>
    </Messages>,
  );
  const shown = screen.getAllByText((_, element) => element?.tagName === 'P').map((element) => element.textContent);
  expect(shown).toEqual(['\u2068\u202eAna\u2069 made 2', '\u2068\u202eAna\u2069 made 2']);
});
