import { defineConfig } from 'vitest/config'

/** Tests that need root, sshd or a database server besides those of test/lab: scripts/test runs them together. */
export const needRoot = [
  'test/apply/**/*.test.ts',
  'test/remote/ssh/**/*.test.ts',
  'test/**/postgres.test.ts',
]

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/lab/**', ...needRoot],
    environment: 'node',
    // More than processors: some of them wait for what takes its time.
    maxWorkers: 3,
    testTimeout: 60_000,
  },
})
