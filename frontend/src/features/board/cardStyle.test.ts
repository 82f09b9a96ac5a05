import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

describe('the line of amount and age', () => {
  const css = readFileSync(new URL('./Card.module.css', import.meta.url), 'utf8');
  const rule = (selector: string) => css.split('}\n').find((each) => each.startsWith(`${selector} {`)) ?? '';

  it.each([
    ['.age', 'flex: none'],
    ['.age', 'white-space: nowrap'],
    ['.ring', 'flex: none'],
    ['.amount [class*="masked"]', 'white-space: nowrap'],
  ])('stays one line however long the words are: %s { %s }', (selector, declaration) => {
    expect(rule(selector)).toContain(`${declaration};`);
  });
});
