/** What a program is started with, as ldd tells it. */
export interface Libraries {
  /** The loader, which is named by the program itself. */
  loader: string
  /** By the name that the program asks for, where it was found. */
  found: ReadonlyMap<string, string>
}

export function parseLdd(text: string): Libraries {
  const found = new Map<string, string>()
  let loader: string | undefined
  for (const line of text.split('\n').map((one) => one.trim())) {
    const [, name = '', path] = /^(\S+) => (not found|\/.*(?= \(0x))/.exec(line) ?? []
    if (path === 'not found') throw new Error(`library "${name}" is not installed`)
    if (path !== undefined) found.set(name, path)
    loader ??= /^(\/\S*\/ld-\S+) \(0x/.exec(line)?.[1]
  }
  if (loader === undefined) throw new Error('a program without a loader needs no packing')
  return { loader, found }
}
