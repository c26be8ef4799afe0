import { DynfarmError } from '../../errors.ts'

export function requireRoot(what = 'this changes the network of this machine'): void {
  if (process.geteuid?.() === 0) return
  throw new DynfarmError('needs-root', what)
}
