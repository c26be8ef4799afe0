export type Words = readonly string[]

/** What the program or the kernel says no to, in its own words. */
export class Refusal extends Error {
  readonly code: number

  constructor(message: string, code = 2) {
    super(message)
    this.code = code
  }
}

export function kernelRefuses(errno: string): Refusal {
  return new Refusal(`RTNETLINK answers: ${errno}`)
}

/** Words as pairs of a known name and its value; `flags` are names without one. */
export function parsePairs(
  words: Words,
  known: readonly string[],
  flags: readonly string[] = [],
): Map<string, string> {
  const pairs = new Map<string, string>()
  for (let at = 0; at < words.length; at++) {
    const name = words[at] ?? ''
    if (flags.includes(name)) pairs.set(name, '')
    else if (known.includes(name)) pairs.set(name, words[++at] ?? '')
    else throw new Error(`the model does not know "${name}" in "${words.join(' ')}"`)
  }
  return pairs
}
