import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { startTexts } from './src/i18n/startPage.ts';

// The server of `npm run dev`; see RAPPORT_LISTEN.
const server = `http://${process.env['RAPPORT_LISTEN'] ?? '127.0.0.1:8090'}`;

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), { name: 'start-texts', transformIndexHtml: (page) => page.replace('<!--start texts-->', startTexts()) }],
  build: {
    outDir: 'dist',
    emptyOutDir: true, // public/.keep is copied again, so the embedded folder is never missing
    target: 'es2022',
    assetsInlineLimit: 0, // the page's policy allows no data: fonts or scripts
    modulePreload: { polyfill: false },
    manifest: '.manifest.json', // scripts/check-bundle.mjs reads what belongs to a route; the server sends no dot files
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { '/api': { target: server, ws: true, changeOrigin: false } },
  },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    environment: 'node',
    restoreMocks: true,
  },
});
