import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Where `npm run dev` finds the hub's API.
const hub = process.env.WORKBENCH_HUB ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  // The hub puts a fresh nonce in place of this word each time it serves index.html.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2022',
    // dist/.keep stays, so that Go programs embed the folder before it is filled; `npm run build` removes the rest.
    emptyOutDir: false,
    // A data: address would need a hole in the Content-Security-Policy.
    assetsInlineLimit: 0,
    // The frame with React and Ant Design; what counts is the compressed size, and `make bench-console` measures that.
    chunkSizeWarningLimit: 1000,
  },
  server: { proxy: { '/api': { target: hub, changeOrigin: false } } },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    css: { modules: { classNameStrategy: 'non-scoped' } },
    // Machines that build other things beside the tests are slow; a test that hangs is found all the same.
    testTimeout: 180_000,
  },
});
