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
    // What is waited for comes late on a machine that is slow or has other work: these end only what hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
