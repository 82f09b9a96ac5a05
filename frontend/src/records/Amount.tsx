import { asMoney, formatMoney, type Money } from '../lib/money.ts';
import { MoneyText, NotShared } from '../ui/index.ts';

/** An amount, or the words that stand in its place when policy hides it. Nothing for no amount. */
export function Amount({ value, masked }: { value: unknown; masked: boolean }) {
  const money = asMoney(value);
  if (masked) return <NotShared />;
  return money ? <MoneyText value={money} /> : null;
}

/** Sums of several currencies side by side, whole: cents in a sum tell nobody anything. */
export function sumsText(sums: readonly Money[], locale: string, none: Money): string {
  return (sums.length > 0 ? sums : [none]).map((sum) => formatMoney(sum, locale, { whole: true })).join(' + ');
}
