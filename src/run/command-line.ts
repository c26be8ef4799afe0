/** Bytes of a command line or an environment are Latin-1 here: each of them is one character, and none is lost. */
export type Bytes = string

/** The last words of a NUL-separated command line: what is behind all of dynfarm's own. */
export function lastWords(cmdline: Uint8Array, count: number): Bytes[] {
  const words = splitNul(cmdline)
  if (count > words.length) throw new Error('a command line shorter than what was read of it')
  return words.slice(words.length - count)
}

export function splitNul(bytes: Uint8Array): Bytes[] {
  const text = Buffer.from(bytes).toString('latin1')
  return text === '' ? [] : text.replace(/\0$/, '').split('\0')
}

export interface Start {
  /** `NAME=value`, each as it came. */
  environment: readonly Bytes[]
  /** setpriv, by its whole path: the job's own PATH may not have it. */
  setpriv: string
  command: readonly Bytes[]
  /** Of open files, where it is not what this process has. */
  softLimit?: number | undefined
  /** The command tells dynfarm who the job is, and closes by itself what leads there. */
  tells?: boolean
}

/**
 * The line by which a shell becomes the job. env sets names that a shell would drop (modules export functions as
 * `BASH_FUNC_module%%`), and setpriv finds the program by the job's own PATH.
 */
export function renderStart(start: Start): Buffer {
  const { environment, setpriv, command, softLimit, tells = false } = start
  const variables = environment.filter((one) => one.includes('='))
  const words = ['env', '-i', '--', ...variables, setpriv, '--no-new-privs', '--', ...command]
  const limit = softLimit === undefined ? '' : `ulimit -Sn ${softLimit}; `
  const closing = tells ? '' : 'exec 4>&- 9<&-; '
  return Buffer.from(`${limit}${closing}exec ${words.map(quote).join(' ')}\n`, 'latin1')
}

function quote(word: Bytes): Bytes {
  return `'${word.replace(/'/g, `'\\''`)}'`
}
