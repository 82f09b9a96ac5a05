// How Cyrillic letters are written in Latin ones. Other scripts have too many
// signs for a table: their fields are numbered.
const latin: Readonly<Record<string, string>> = Object.fromEntries(
  'а=a б=b в=v г=g д=d е=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya'
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
);

const longest = 64; // as on the server

/**
 * A key for files and other programs, made from what people call a thing:
 * "Harvest date" becomes harvestDate. `fallback` and a number where nothing of
 * the words is left; a number behind a key that is taken.
 */
export function keyFrom(words: string, taken: ReadonlySet<string>, fallback = 'field'): string {
  const parts = Array.from(words.toLowerCase(), (letter) => latin[letter] ?? letter)
    .join('')
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  const joined = parts.map((part, i) => (i === 0 ? part : part.charAt(0).toUpperCase() + part.slice(1))).join('');
  // A key begins with a letter; two names mean something to JavaScript objects.
  const key = joined.replace(/^[0-9]+/, '').slice(0, longest - 3);
  const named = key !== '' && key !== 'constructor' && key !== 'prototype';
  if (named && !taken.has(key)) return key;
  for (let number = named ? 2 : 1; ; number++) {
    const numbered = `${named ? key : fallback}${number}`;
    if (!taken.has(numbered)) return numbered;
  }
}
