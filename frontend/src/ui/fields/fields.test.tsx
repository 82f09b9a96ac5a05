// @vitest-environment happy-dom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import type { ReactNode } from 'react';
import { IntlProvider } from 'react-intl';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Language, loadMessages } from '../../i18n/index.ts';
import { FieldInput } from './FieldInput.tsx';
import { FieldValue } from './FieldValue.tsx';
import { FieldSources, type RecordSources } from './sources.ts';

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

  it('keeps an amount that cannot be read, and says so', async () => {
    const onChange = vi.fn();
    await show(<FieldInput type="deal" field={{ key: 'amount', kind: 'money' }} value={undefined} onChange={onChange} />);
    const input = screen.getByLabelText('Amount');
    fireEvent.change(input, { target: { value: 'twelve' } });
    fireEvent.blur(input);
    expect((input as HTMLInputElement).value).toBe('twelve');
    expect(screen.getByText('This is not an amount yet')).toBeDefined();
    expect(onChange).not.toHaveBeenCalled();
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
