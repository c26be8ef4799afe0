import { visibleText } from '../../plan/text.ts'

const MOST = 2
const LONGEST = 200

/** What an OpenVPN told by its socket, errors and the words of a proxy: the last of it, each once, whoever's words they quote. */
export function complaintsIn(said: string): string[] {
  const lines = said.matchAll(/^(?:>LOG:)?\d+,([A-Z]*),(.*)$/gm)
  const texts = Array.from(lines, ([, flags = '', text = '']) => ({ flags, text: text.trim() }))
  const told = texts
    .filter(({ flags, text }) => (/[NF]/.test(flags) || saysWhy.test(text)) && !ofItsEnd.test(text))
    .map(({ text }) => visibleText(text).slice(0, LONGEST))
  return [...new Set(told.toReversed())].slice(0, MOST).toReversed()
}

const saysWhy = /^HTTP proxy returned: |AUTH_FAILED/
/** It was told to end by then. */
const ofItsEnd = /Interrupted system call|^HTTP proxy returned: '\S+ 200/
