// Made by scripts/gentypes from server/crm; change it there.

/**
 * How many digits of a currency are behind the separator, where it is not two (ISO
 * 4217). Browsers have a table of their own, in which forints and pesos have none.
 */
export const digitsOf: ReadonlyMap<string, number> = new Map([
  ['BHD', 3],
  ['BIF', 0],
  ['CLP', 0],
  ['DJF', 0],
  ['GNF', 0],
  ['IQD', 3],
  ['ISK', 0],
  ['JOD', 3],
  ['JPY', 0],
  ['KMF', 0],
  ['KRW', 0],
  ['KWD', 3],
  ['LYD', 3],
  ['OMR', 3],
  ['PYG', 0],
  ['RWF', 0],
  ['TND', 3],
  ['UGX', 0],
  ['UYI', 0],
  ['VND', 0],
  ['VUV', 0],
  ['XAF', 0],
  ['XOF', 0],
  ['XPF', 0],
]);
