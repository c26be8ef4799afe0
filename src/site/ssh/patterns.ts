import { contains, parseAddress, parsePrefix } from '../../address.ts'

/** Whether a list like that of AllowUsers has the user, who comes from the address, which has no name. */
export function hasUser(patterns: readonly string[], user: string, address: string): boolean {
  return patterns.some((pattern) => {
    const [name = '', ...host] = pattern.split('@')
    if (!matchesPattern(user, name)) return false
    return host.length === 0 || matchesHost(address, host.join('@'))
  })
}

export function hasGroup(patterns: readonly string[], groups: readonly string[]): boolean {
  return groups.some((group) => inList(patterns, (pattern) => matchesPattern(group, pattern)))
}

function matchesHost(address: string, list: string): boolean {
  return inList(list.split(','), (pattern) => matchesAddress(address, pattern))
}

/** ssh_config(5): one negated match makes the whole list not match. */
function inList(patterns: readonly string[], matches: (pattern: string) => boolean): boolean {
  const [negated, plain] = [
    patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1)),
    patterns.filter((pattern) => !pattern.startsWith('!')),
  ]
  return !negated.some(matches) && plain.some(matches)
}

function matchesAddress(address: string, pattern: string): boolean {
  const network = pattern.includes('/') ? parsePrefix(pattern) : undefined
  const own = parseAddress(address)
  if (network !== undefined && own !== undefined) return contains(network, own)
  return matchesPattern(address, pattern.toLowerCase())
}

function matchesPattern(text: string, pattern: string): boolean {
  const source = pattern.replace(/[^*?]/gu, (character) => `\\u{${hex(character)}}`)
  const wild = source.replace(/\*/g, '.*').replace(/\?/g, '.')
  return new RegExp(`^${wild}$`, 'su').test(text)
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16)
}
