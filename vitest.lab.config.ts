import { defineConfig } from 'vitest/config'

/** What needs root: hosts as namespaces, and the virtual machine. One file at a time, on two cores. */
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    environment: 'node',
    testTimeout: 180_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
})
