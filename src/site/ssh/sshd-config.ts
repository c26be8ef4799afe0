/** What `sshd -T` prints, by keyword in lower case; a keyword may stand on several lines. */
export type SshdConfig = ReadonlyMap<string, readonly string[]>

export function parseSshdConfig(output: string): SshdConfig {
  const lines = output.split('\n').filter((line) => line !== '')
  const pairs = lines.map((line) => {
    const [keyword = '', ...rest] = line.split(' ')
    return { keyword: keyword.toLowerCase(), value: rest.join(' ').trim() }
  })
  const grouped = Map.groupBy(pairs, ({ keyword }) => keyword)
  return new Map([...grouped].map(([keyword, all]) => [keyword, all.map(({ value }) => value)]))
}

export function oneOf(config: SshdConfig, keyword: string): string {
  return config.get(keyword)?.[0] ?? ''
}

/** The words of all its lines; `none` and `any` are how sshd says nothing. */
export function wordsOf(config: SshdConfig, keyword: string): string[] {
  const words = (config.get(keyword) ?? []).flatMap((value) => value.split(/\s+/))
  return words.filter((word) => word !== '' && word !== 'none' && word !== 'any')
}
