import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export const root: string = resolve(import.meta.dirname, '../../..')

/** Where images are kept that took long to make. */
export const cache: string = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'dynfarm/vm',
)
