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

const flowText = '(ip6?) saddr \\. meta l4proto \\. th sport \\. ip6? daddr \\. th dport'

function flowOf(protocol: string | undefined): unknown {
  const payload = (protocol: string | undefined, field: string) => ({
    payload: { protocol, field },
  })
  const ports = ['sport', 'dport'].map((field) => payload('th', field))
  const [source, destination] = ['saddr', 'daddr'].map((field) => payload(protocol, field))
  return { concat: [source, { meta: { key: 'l4proto' } }, ports[0], destination, ports[1]] }
}

const forms: readonly Form[] = [
  [
    /^fib saddr \. iif oif missing/,
    () => [
      {
        match: {
          op: '==',
          left: { fib: { result: 'oif', flags: ['saddr', 'iif'] } },
          right: false,
        },
      },
    ],
  ],
  [
    /^@th,96,24 (\d+)/,
    ([, number]) => [match({ payload: { base: 'th', offset: 96, len: 24 } }, undefined, number)],
  ],
  [
    new RegExp(`^${flowText} (@\\S+)`),
    ([, protocol, set]) => [match(flowOf(protocol), undefined, set)],
  ],
  [
    new RegExp(`^add @(\\S+) { ${flowText} }`),
    ([, set, protocol]) => [{ set: { op: 'add', elem: flowOf(protocol), set: `@${set}` } }],
  ],
  [
    /^add @(\S+) { (ip6?) saddr limit rate over (\d+)\/second burst (\d+) packets }/,
    ([, set, protocol, rate, burst]) => {
      const limit = { rate: Number(rate), burst: Number(burst), per: 'second', inv: true }
      const elem = { payload: { protocol, field: 'saddr' } }
      return [{ set: { op: 'add', elem, set: `@${set}`, stmt: [{ limit }] } }]
    },
  ],
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
