import '@fontsource-variable/inter/index.css';
import '@mantine/core/styles.layer.css';
import './ui/tokens.css';
import './ui/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { browserEnvironment } from './sync/environment.ts';
import { createSync } from './sync/sync.ts';

// The server puts a new nonce into each page. Libraries that write <style>
// elements of their own look for it under this name.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
Object.assign(globalThis, { __webpack_nonce__: nonce });

const sync = createSync(browserEnvironment());
void sync.start();

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App sync={sync} nonce={nonce} />
  </StrictMode>,
);
