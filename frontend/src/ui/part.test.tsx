// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/react';
import type { ReactElement } from 'react';
import { IntlProvider } from 'react-intl';
import { afterEach, expect, it, vi } from 'vitest';
import { lazyPart, Part } from './part.tsx';

afterEach(cleanup);

const show = (children: ReactElement) =>
  act(async () => {
    render(
      <IntlProvider locale="en" messages={{ 'ui.partMissing': 'not loaded yet' }}>
        {children}
      </IntlProvider>,
    );
  });

const Greeting = ({ name }: { name: string }) => <p>Hello {name}</p>;

it('is loaded when it is first shown', async () => {
  const load = vi.fn(async () => Greeting);
  const lazy = lazyPart(load);
  expect(load).not.toHaveBeenCalled();
  await show(<Part of={lazy} with={{ name: 'Ana' }} />);
  expect(screen.getByText('Hello Ana')).toBeTruthy();
});

it('is there in the first frame when it was loaded ahead', async () => {
  const lazy = lazyPart(async () => Greeting);
  await lazy.load();
  render(<Part of={lazy} with={{ name: 'Ana' }} />);
  expect(screen.getByText('Hello Ana')).toBeTruthy();
});

it('says that it is missing, and comes with the network', async () => {
  let online = false;
  const lazy = lazyPart(async () => {
    if (!online) throw new TypeError('Failed to fetch');
    return Greeting;
  });
  await show(<Part of={lazy} with={{ name: 'Ana' }} />);
  expect(screen.getByRole('alert').textContent).toBe('not loaded yet');
  online = true;
  await act(async () => {
    window.dispatchEvent(new Event('online'));
  });
  expect(screen.getByText('Hello Ana')).toBeTruthy();
});

it('asks again where the browser does not know that there was no network', async () => {
  vi.useFakeTimers();
  let online = false;
  const lazy = lazyPart(async () => {
    if (!online) throw new TypeError('Failed to fetch');
    return Greeting;
  });
  await act(async () => {
    render(<Part of={lazy} with={{ name: 'Ana' }} missing={<p>in the place of a screen</p>} />);
  });
  expect(screen.getByText('in the place of a screen')).toBeTruthy();
  online = true;
  await act(() => vi.advanceTimersByTimeAsync(3_000));
  expect(screen.getByText('Hello Ana')).toBeTruthy();
  vi.useRealTimers();
});

it('is loaded once', async () => {
  const load = vi.fn(async () => Greeting);
  const lazy = lazyPart(load);
  await lazy.load();
  await lazy.load();
  expect(load).toHaveBeenCalledTimes(1);
});
