// Makes sure there is a Chromium for the browser tests: one on the machine, else
// Debian's package, else Playwright's own download.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** The browser on this machine, or undefined: Playwright then uses its own. */
export function chromiumPath() {
  const candidates = [process.env.RAPPORT_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return candidates.find((path) => path && existsSync(path));
}

function installFromDebian() {
  const debian = existsSync('/etc/os-release') && /ID(_LIKE)?=.*debian/.test(readFileSync('/etc/os-release', 'utf8'));
  if (!debian || process.getuid?.() !== 0) return;
  console.log('Installing Chromium from Debian …');
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  spawnSync('apt-get', ['update', '-qq'], quiet);
  // The CJK font makes the Traditional Chinese screens measurable.
  spawnSync('apt-get', ['install', '-y', '-qq', 'chromium', 'fonts-noto-cjk'], quiet);
}

if (import.meta.url === `file://${process.argv[1]}`) {
  if (!chromiumPath()) installFromDebian();
  if (!chromiumPath()) {
    console.log('No Chromium on this machine; asking Playwright for its own …');
    const done = spawnSync('npx', ['playwright-core', 'install', 'chromium'], { stdio: 'inherit' });
    if (done.status !== 0) {
      console.error('The browser tests need Chromium: install it, or name one in RAPPORT_CHROMIUM.');
      process.exit(1);
    }
  }
  console.log(`Browser: ${chromiumPath() ?? "Playwright's Chromium"}`);
}
