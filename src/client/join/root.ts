import { DynfarmError } from '../../errors.ts'

export function requireRoot(): void {
  if (process.geteuid?.() === 0) return
  throw new DynfarmError('needs-root', 'this changes the network of this machine')
}
