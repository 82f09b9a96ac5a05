// Every exported name of the front end says in a comment of its own what it is: its
// shape, its unit, what it throws. Excepted are tests, what is generated, and the
// props of a component and the options of a class, whose members speak.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../frontend/src', import.meta.url));
const exported = /^export (?:default )?(?:async |abstract |declare )*(?:function|const|let|class|interface|type|enum) (\w+)/;
const generated = /^\/\/ (Code generated|Made by scripts\/)/;
const given = /(Props|Options)$/;

/** Whether a comment ends on the line above, a suppression of the linter aside. */
function isSaid(lines, at) {
  let above = at - 1;
  while (lines[above]?.startsWith('// biome-ignore')) above--;
  return lines[above]?.endsWith('*/') || lines[above]?.startsWith('//');
}

const mistakes = [];
for (const entry of readdirSync(src, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.tsx?$/.test(entry.name) || /\.test\.tsx?$/.test(entry.name)) continue;
  const file = join(entry.parentPath, entry.name);
  const text = readFileSync(file, 'utf8');
  if (generated.test(text)) continue;
  const lines = text.split('\n');
  for (const [at, line] of lines.entries()) {
    const name = exported.exec(line)?.[1];
    if (!name || given.test(name)) continue;
    if (!isSaid(lines, at))
      mistakes.push(`frontend/src/${relative(src, file)}:${at + 1}: ${name} has no comment that says what it is`);
  }
}

if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
console.log('comments: every exported name says what it is');
