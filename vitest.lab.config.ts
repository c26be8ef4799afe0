import { defineConfig } from 'vitest/config'

/** Tests on real hosts and the real kernel, as root; see docs/lab.md. */
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    exclude: ['test/lab/vm.test.ts'],
    globalSetup: ['test/lab/lib/global-setup.ts'],
    environment: 'node',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
