import { defineConfig } from 'vitest/config'
import { needRoot } from './vitest.config.ts'

/** What needs root: hosts as namespaces, the virtual machine, a database server; see docs/lab.md. */
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts', ...needRoot],
    // Whole machines that boot and reboot: minutes, even where nothing else runs.
    exclude: process.env['DYNFARM_LONG'] === '1' ? [] : ['test/lab/machines/**'],
    globalSetup: ['test/lab/lib/global-setup.ts'],
    environment: 'node',
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
})
