/** A rule's text as `nft -j` lists it, for the words that src/net/nft writes. */
export function expression(rule: string): { expr: unknown[]; comment?: string } {
  const [text = '', comment] = rule.split(/ ?comment (?=")/)
  const label = comment === undefined ? {} : { comment: comment.slice(1, -1) }
  return { expr: statements(text), ...label }
}

/** The first form that fits takes its part of the text, until nothing is left. */
function statements(text: string): unknown[] {
  if (text === '') return []
  for (const [pattern, make] of forms) {
    const found = pattern.exec(text)
    if (found === null) continue
    return [...make(found), ...statements(text.slice(found[0].length).trimStart())]
  }
  throw new Error(`the model cannot read the rule "${text}"`)
}

type Form = [pattern: RegExp, make: (found: RegExpExecArray) => unknown[]]

const values = '(!= )?(@\\S+|{ [^}]* }|\\S+)'

const forms: readonly Form[] = [
  [
    new RegExp(`^(iifname|oifname) ${values}`),
    ([, key, not, text]) => [match({ meta: { key } }, not, text)],
  ],
  [
    new RegExp(`^(meta|ct) (\\w+) ${values}`),
    ([, on = '', key, not, text]) => [match({ [on]: { key } }, not, text)],
  ],
  [
    /^tcp flags & \(syn \| rst\) == syn tcp option maxseg size set (rt mtu|\d+)/,
    ([, size]) => clamp(size),
  ],
  [
    new RegExp(`^(ip6?|tcp|udp|icmp|icmpv6) (saddr|daddr|sport|dport|type) ${values}`),
    ([, protocol, field, not, text]) => [match({ payload: { protocol, field } }, not, text)],
  ],
  [/^(accept|drop|return|masquerade)/, ([, name = '']) => [{ [name]: null }]],
  [/^counter/, () => [{ counter: { packets: 7, bytes: 700 } }]],
  [
    /^reject with icmpx type admin-prohibited/,
    () => [{ reject: { type: 'icmpx', expr: 'admin-prohibited' } }],
  ],
  [/^(jump|goto) (\S+)/, ([, verb = '', target]) => [{ [verb]: { target } }]],
  [
    /^log prefix "([^"]*)"(?: group (\d+))?/,
    ([, prefix, group]) => [
      { log: { prefix, ...(group !== undefined && { group: Number(group) }) } },
    ],
  ],
  [
    /^add @(\S+) { (ip6?) saddr ct count over (\d+) }/,
    ([, set, protocol, over]) => [
      {
        set: {
          op: 'add',
          elem: { payload: { protocol, field: 'saddr' } },
          set: `@${set}`,
          stmt: [{ 'ct count': { val: Number(over), inv: true } }],
        },
      },
    ],
  ],
]

function match(left: unknown, not: string | undefined, text = ''): unknown {
  const op = not === undefined ? '==' : '!='
  return { match: { op, left, right: right(text) } }
}

function right(text: string): unknown {
  const list = /^{ (.*) }$/.exec(text)?.[1]
  if (list !== undefined) return { set: list.split(', ').map(value) }
  const flags = text.split(',')
  return flags.length > 1 ? flags : value(text)
}

function value(text: string): unknown {
  const [range, from, to] = /^([\da-f.:]+)-([\da-f.:]+)$/.exec(text) ?? []
  const [prefix, addr, len] = /^([\da-f.:]+)\/(\d+)$/.exec(text) ?? []
  if (range !== undefined) return { range: [number(from), number(to)] }
  if (prefix !== undefined) return { prefix: { addr, len: Number(len) } }
  return number(text.replaceAll('"', ''))
}

function number(text = ''): string | number {
  return /^\d+$/.test(text) ? Number(text) : text
}

function clamp(size: string | undefined): unknown[] {
  const flags = { '&': [{ payload: { protocol: 'tcp', field: 'flags' } }, ['syn', 'rst']] }
  const key = { 'tcp option': { name: 'maxseg', field: 'size' } }
  const to = size === 'rt mtu' ? { rt: { key: 'mtu' } } : Number(size)
  return [{ match: { op: '==', left: flags, right: 'syn' } }, { mangle: { key, value: to } }]
}
