import { defineConfig } from '@playwright/test';

// Debian's browser; Playwright brings none of its own.
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/setup.ts',
  globalTeardown: './e2e/teardown.ts',
  // One cluster and one hub, which tests also restart: one test at a time.
  workers: 1,
  fullyParallel: false,
  // A release takes the time that its pods take, on machines that are slow and shared.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  outputDir: 'test-results',
  use: {
    baseURL: process.env.WORKBENCH_URL ?? 'http://127.0.0.1:18480',
    actionTimeout: 30_000,
    navigationTimeout: 60_000,
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
    colorScheme: 'light',
    trace: 'retain-on-failure',
    // Chromium can't make a sandbox as root, which starts the local cluster.
    launchOptions: { executablePath, args: ['--no-sandbox'] },
  },
});
