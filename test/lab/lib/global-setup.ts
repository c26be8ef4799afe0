import { DynfarmError } from '../../../src/errors.ts'
import { sweep } from './lab.ts'

export function setup(): void {
  if (process.getuid?.() !== 0) throw new DynfarmError('needs-root', 'lab tests need root')
}

/** What a worker left that was killed, or whose tests were interrupted. */
export async function teardown(): Promise<void> {
  await sweep()
}
