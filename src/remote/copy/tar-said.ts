import type { Outcome } from '../outcome.ts'
import type { Name } from './names.ts'

/** The files of which GNU tar says that they became shorter while it read them: their ends are zeros that never were there. */
export function shrunkIn(stderr: string): Name[] {
  return stderr.split('\n').flatMap((line) => {
    const name = /: (.*): File shrank by \d+ bytes?; padding with zeros$/.exec(line)?.[1]
    return name === undefined ? [] : [unquote(name)]
  })
}

/** Whether tar has nothing to complain of but that files were written to while it read them: it took what was there. */
export function isOnlyGrown({ exit }: Outcome, stderr: string): boolean {
  const lines = stderr.split('\n').filter((line) => line !== '')
  return exit === 1 && lines.every((line) => line.endsWith(': file changed as we read it'))
}

const letters: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
}

/** tar writes what is no plain character as C does. */
function unquote(name: string): Name {
  return name.replace(/\\([0-7]{3}|.)/g, (_, said: string) =>
    said.length === 3
      ? String.fromCharCode(Number.parseInt(said, 8) & 0xff)
      : (letters[said] ?? said),
  )
}
