import { DynfarmError } from '../../errors.ts'

/**
 * One word of a command line for whatever shell the far account logs in with. `\`, `'` and `!` stand outside the
 * quotes, because fish and csh take them there as sh does, and inside not.
 */
export function quote(word: string): string {
  if (word.includes('\0')) throw new DynfarmError('usage', 'an argument has a NUL character')
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return `'${word.replace(/[\\'!]/g, "'\\$&'")}'`
}
