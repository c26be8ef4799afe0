import { defineConfig } from 'vitest/config'

/** Tests on real hosts and the real kernel, as root; see docs/lab.md. */
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    exclude: ['test/lab/vm/**'],
    globalSetup: ['test/lab/lib/global-setup.ts'],
    environment: 'node',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
})
