// Compresses what Vite built, as well as it can be, so that no server has to at
// each start: the server sends name.br or name.gz where the browser takes it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../frontend/dist', import.meta.url));
const kinds = new Set(['.js', '.css', '.html', '.svg', '.json', '.webmanifest', '.txt']);
const worthIt = 1400; // bytes; less fits into one packet as it is

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  // The page itself gets a nonce in each answer.
  if (!entry.isFile() || !kinds.has(extname(entry.name)) || entry.name.startsWith('.') || entry.name === 'index.html') continue;
  const path = join(entry.parentPath, entry.name);
  const plain = readFileSync(path);
  if (plain.length < worthIt) continue;
  const br = brotliCompressSync(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
  const gz = gzipSync(plain, { level: constants.Z_BEST_COMPRESSION });
  if (br.length < plain.length) writeFileSync(`${path}.br`, br);
  if (gz.length < plain.length) writeFileSync(`${path}.gz`, gz);
}
