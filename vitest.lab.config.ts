import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { needRoot } from './vitest.config.ts'

/** Begun last, the whole computer that loses its power would keep one processor waiting for minutes. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => moduleId.includes('/power/')
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

/** What needs root: hosts as namespaces, the virtual machine, a database server; see docs/lab.md. */
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts', ...needRoot],
    // Whole machines that boot and reboot: minutes, even where nothing else runs.
    exclude: process.env['DYNFARM_LONG'] === '1' ? [] : ['test/lab/machines/**'],
    globalSetup: ['test/lab/lib/global-setup.ts'],
    environment: 'node',
    // More than processors: much of it waits for what takes its time.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 180_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
