import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
);

/** WCAG 2.2 relative luminance of #rrggbb. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(text: string, ground: string, theme: 'light' | 'dark'): number {
  const [a, b] = [text, ground].map((name) => luminance(tokens.get(name)?.[theme] ?? '')).sort((x, y) => y - x);
  return ((a ?? 0) + 0.05) / ((b ?? 0) + 0.05);
}

/** Every text and every ground it stands on somewhere. */
const pairs: [text: string, grounds: string[]][] = [
  ['ink', ['paper', 'sheet', 'well', 'act-wash', 'wait-wash', 'stop-wash', 'good-wash']],
  ['ink-soft', ['paper', 'sheet', 'well']],
  ['act', ['paper', 'sheet', 'well', 'act-wash']],
  ['act-ink', ['act']],
  ['good', ['paper', 'sheet', 'good-wash']],
  ['wait', ['paper', 'sheet', 'wait-wash']],
  ['stop', ['paper', 'sheet', 'stop-wash']],
  ['toast-ink', ['toast']],
  ['toast-act', ['toast']],
  ...[1, 2, 3, 4, 5, 6].map((n): [string, string[]] => [`hand-${n}`, ['sheet']]),
];

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  it.each(pairs.flatMap(([text, grounds]) => grounds.map((ground) => [text, ground] as const)))(
    '%s on %s is at least 5.2:1',
    (text, ground) => {
      expect(contrast(text, ground, theme)).toBeGreaterThanOrEqual(5.2);
    },
  );

  it('line-firm tells an input from its ground at 3:1', () => {
    for (const ground of ['paper', 'sheet', 'well']) expect(contrast('line-firm', ground, theme)).toBeGreaterThanOrEqual(3);
  });
});
