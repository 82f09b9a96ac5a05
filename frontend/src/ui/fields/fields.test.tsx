// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { type ReactNode, useState } from 'react';
import { IntlProvider } from 'react-intl';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Language, loadMessages } from '../../i18n/index.ts';
import { FieldInput } from './FieldInput.tsx';
import { FieldValue } from './FieldValue.tsx';
import { FieldSources, type RecordSources } from './sources.ts';
import { isUnreadable } from './unreadable.ts';

const sources: RecordSources = {
  currency: 'EUR',
  people: [{ id: 'u1', name: 'Lucía Ríos', gone: false }],
  departments: [{ id: 'd1', name: 'Sales North' }],
  nameOf: (id) => (id === 'c1' ? 'Nordhavn Foods' : ''),
  search: async () => [],
};

async function show(node: ReactNode, language: Language = 'en') {
  return render(
    <IntlProvider locale={language} messages={await loadMessages(language)}>
      <MantineProvider>
        <FieldSources.Provider value={sources}>{node}</FieldSources.Provider>
      </MantineProvider>
    </IntlProvider>,
  );
}

afterEach(cleanup);

const input = () => screen.getByRole('textbox') as HTMLInputElement;

/** A form that holds the value of an input. */
function Form({ kind, onGave }: { kind: string; onGave(value: unknown): void }) {
  const [value, setValue] = useState<unknown>();
  const onChange = (next: unknown) => {
    onGave(next);
    setValue(next);
  };
  return <FieldInput type="deal" field={{ key: 'amount', kind }} value={value} onChange={onChange} />;
}

/** Types letter by letter; all values the input gave. */
async function type(kind: string, text: string, language: Language): Promise<readonly unknown[]> {
  const gave: unknown[] = [];
  await show(<Form kind={kind} onGave={(value) => gave.push(value)} />, language);
  for (const letter of text) fireEvent.change(input(), { target: { value: input().value + letter } });
  return gave;
}

describe('a value', () => {
  it.each<[string, { kind: string; key?: string }, unknown, string]>([
    ['of money has its currency', { kind: 'money' }, { amount: 8_400_050, currency: 'EUR' }, '€84,000.50'],
    ['of money in an ambiguous currency has its code', { kind: 'money' }, { amount: 100_000, currency: 'TWD' }, 'TWD 1,000'],
    ['of a date is not moved by time zones', { kind: 'date' }, '2026-12-12', 'Dec 12, 2026'],
    ['of a person is the name', { kind: 'user' }, 'u1', 'Lucía Ríos'],
    ['of a person one may not see is somebody', { kind: 'user' }, 'u9', 'somebody'],
    ['of a department is its name', { kind: 'department' }, 'd1', 'Sales North'],
    ['of a link is the record’s name', { kind: 'link' }, 'c1', 'Nordhavn Foods'],
    ['of a link to a hidden record says so', { kind: 'link' }, 'c9', 'not shared with you'],
    ['of yes and no is a word', { kind: 'bool' }, false, 'no'],
    ['of a choice is its label', { kind: 'choice', key: 'kind' }, 'company', 'Company'],
    ['of an address is in one line', { kind: 'address' }, { city: 'Gdynia', street: 'Portowa 1' }, 'Portowa 1, Gdynia'],
    ['that is absent is a dash', { kind: 'text' }, undefined, 'no value'],
  ])('%s', async (_name, { kind, key = 'x' }, value, want) => {
    const { container } = await show(<FieldValue type="customer" field={{ key, kind }} value={value} />);
    expect(container.textContent?.replace(/\s/g, ' ')).toContain(want);
  });

  it('that policy hides is neither empty nor zero', async () => {
    await show(<FieldValue type="deal" field={{ key: 'amount', kind: 'money' }} value={undefined} masked />);
    expect(screen.getByText('not shared with you')).toBeDefined();
  });

  it.each([
    ['url', 'https://example.org/', 'https://example.org/'],
    ['url', 'javascript:alert(1)', null],
    ['email', 'ana@example.org', 'mailto:ana@example.org'],
    ['phone', '+45 32 10 00 00', 'tel:+4532100000'],
  ])('of the kind %s links %s to %s', async (kind, value, href) => {
    await show(<FieldValue type="customer" field={{ key: 'x', kind }} value={value} />);
    expect(screen.getByText(value).getAttribute('href')).toBe(href);
  });
});

describe('an input', () => {
  it.each<[string, string, string, string, unknown]>([
    ['gives text', 'text', 'Acme', 'Acme', 'Acme'],
    ['gives null for nothing', 'text', '', 'x', null],
    ['reads an amount', 'money', '12.500,50', '12.500,50', { amount: 1_250_050, currency: 'EUR' }],
  ])('%s', async (_name, kind, typed, _shown, want) => {
    const onChange = vi.fn();
    await show(
      <FieldInput
        type="deal"
        field={{ key: 'product', kind }}
        value={kind === 'text' ? 'before' : undefined}
        onChange={onChange}
      />,
      'es',
    );
    fireEvent.change(screen.getByLabelText('Producto'), { target: { value: typed } });
    expect(onChange).toHaveBeenLastCalledWith(want);
  });

  const money = (amount: number, currency = 'EUR') => ({ amount, currency });
  const no = (unreadable: string, currency?: string) => ({ unreadable, ...(currency && { currency }) });

  it.each<[string, string, Language, string, unknown]>([
    ['money', '12k', 'en', '12k', money(1_200_000)],
    ['money', '1.5m', 'en', '1.5m', money(150_000_000)],
    ['money', '€1,234', 'en', '€1,234', money(123_400)],
    ['money', '$1,234', 'en', '$1,234', money(123_400, 'USD')],
    ['money', '-3', 'en', '-3', money(-300)],
    ['money', '1e5', 'en', '1e5', no('1e5', 'EUR')],
    ['money', '1,234.567', 'en', '1,234.567', no('1,234.567', 'EUR')],
    ['money', '12345678901234567890', 'en', '12345678901234567890', no('12345678901234567890', 'EUR')],
    ['money', '(500)', 'en', '(500)', no('(500)', 'EUR')],
    ['number', '12.5', 'en', '12.5', 12.5],
    ['number', '0.5', 'en', '0.5', 0.5],
    ['number', '12,5', 'en', '12,5', 12.5],
    ['number', '12,5', 'ru', '12,5', 12.5],
    ['number', '7.', 'en', '7.', 7],
    ['number', '12,', 'ru', '12,', 12],
    ['number', '1,234.5', 'en', '1,234.5', 1234.5],
    ['number', '-0.25', 'en', '-0.25', -0.25],
    ['number', '12k', 'en', '12k', no('12k')],
    ['number', '1e5', 'en', '1e5', no('1e5')],
    ['number', '24 2', 'en', '24 2', no('24 2')],
    ['number', '12345678901234567890', 'en', '12345678901234567890', no('12345678901234567890')],
  ])('of %s, typed %s in %s, shows it and gives what it says', async (kind, typed, language, shown, want) => {
    const gave = await type(kind, typed, language);
    expect(input().value).toBe(shown);
    expect(gave.at(-1)).toEqual(want);
    fireEvent.blur(input());
    if (isUnreadable(want)) expect(input().value).toBe(typed);
    expect(input().getAttribute('aria-invalid') === 'true').toBe(isUnreadable(want));
  });

  it.each([
    ['money', 'This is not an amount yet'],
    ['number', 'This is not a number yet'],
  ])('of %s says that it cannot read a text, after a reload too', async (kind, words) => {
    await show(<FieldInput type="deal" field={{ key: 'amount', kind }} value={{ unreadable: 'twelve' }} onChange={() => {}} />);
    expect(input().value).toBe('twelve');
    expect(screen.getByText(words)).toBeDefined();
  });

  it('reads an amount whose sign is taken away in the currency it was in', async () => {
    const gave = await type('money', '$4', 'en');
    fireEvent.change(input(), { target: { value: '4' } });
    expect(gave.at(-1)).toEqual(money(400));
  });

  it('says who will see what is written', async () => {
    await show(
      <FieldInput
        type="deal"
        field={{ key: 'product', kind: 'text' }}
        value=""
        onChange={() => {}}
        visibleTo="Visible to Sales North"
      />,
    );
    expect(screen.getByText('Visible to Sales North')).toBeDefined();
  });
});
