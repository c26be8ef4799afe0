import { defineConfig } from 'vitest/config'

/** Tests of the virtual machine itself; the lab's tests also run inside it. */
export default defineConfig({
  test: {
    include: ['test/lab/vm.test.ts'],
    environment: 'node',
    testTimeout: 300_000,
  },
})
