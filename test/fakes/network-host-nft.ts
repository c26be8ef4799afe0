import { expression } from './network-host-rules.ts'
import { Refusal } from './network-host-words.ts'

interface ModelSet {
  spec: string
  elements: string[]
}

interface ModelChain {
  spec: string
  rules: string[]
}

interface ModelTable {
  sets: Map<string, ModelSet>
  chains: Map<string, ModelChain>
}

/** One table, changed by whole transactions. */
export class NftModel {
  table: ModelTable | undefined

  transaction(text: string): void {
    const before = structuredClone(this.table)
    try {
      for (const line of text.trimEnd().split('\n')) this.#line(line)
      this.#checkReferences()
    } catch (error) {
      this.table = before
      throw error
    }
  }

  list(): string {
    const own = this.table
    if (own === undefined) return JSON.stringify({ nftables: [{ metainfo: {} }] })
    const place = { family: 'inet', table: 'dynfarm' }
    const sets = [...own.sets].map(([name, set]) => ({ set: { ...place, name, ...listSet(set) } }))
    const chains = [...own.chains].map(([name, { spec }]) => ({
      chain: { ...place, name, ...listHook(spec) },
    }))
    const rules = [...own.chains].flatMap(([chain, { rules }]) =>
      rules.map((rule) => ({ rule: { ...place, chain, ...expression(rule) } })),
    )
    const table = { table: { family: 'inet', name: 'dynfarm' } }
    return JSON.stringify({ nftables: [{ metainfo: {} }, table, ...sets, ...chains, ...rules] })
  }

  #line(line: string): void {
    const [, verb, kind, name = '', rest = ''] =
      /^(\w+) (\w+) inet dynfarm(?: ([\w-]+))?(?: (.*))?$/.exec(line) ?? []
    const command = `${verb} ${kind}`
    if (command === 'add table') this.table ??= { sets: new Map(), chains: new Map() }
    else if (command === 'delete table') this.#deleteTable()
    else this.#within(command, name, rest, this.#present())
  }

  #within(command: string, name: string, rest: string, { sets, chains }: ModelTable): void {
    const body = rest.replace(/^{ | }$/g, '')
    if (command === 'add set') sets.set(name, sets.get(name) ?? { spec: body, elements: [] })
    else if (command === 'add chain') addChain(chains, name, body)
    else if (command === 'flush chain') present(chains, name).rules = []
    else if (command === 'add rule') present(chains, name).rules.push(rest)
    else if (command === 'delete chain') deleteChain(chains, name)
    else if (command === 'delete set') deleteFrom(sets, name)
    else if (command === 'add element') addElements(present(sets, name), body.split(', '))
    else if (command === 'delete element') deleteElements(present(sets, name), body.split(', '))
    else throw new Error(`the model has no nft ${command}`)
  }

  #present(): ModelTable {
    if (this.table === undefined) throw new Refusal('Error: No such file or directory', 1)
    return this.table
  }

  #deleteTable(): void {
    this.#present()
    this.table = undefined
  }

  /** What a rule names must be there when the transaction ends. */
  #checkReferences(): void {
    const rules = [...(this.table?.chains.values() ?? [])].flatMap((chain) => chain.rules)
    for (const rule of rules) {
      const [, set] = /@(?!th,)([\w-]+)/.exec(rule) ?? []
      const [, chain] = /(?:jump|goto) ([\w-]+)/.exec(rule) ?? []
      if (set !== undefined) present(this.table?.sets ?? new Map(), set)
      if (chain !== undefined) present(this.table?.chains ?? new Map(), chain)
    }
  }
}

function addChain(chains: Map<string, ModelChain>, name: string, spec: string): void {
  const there = chains.get(name)
  if (there === undefined) chains.set(name, { spec, rules: [] })
  else if (there.spec !== spec) throw new Refusal('Error: Could not process rule: File exists', 1)
}

function deleteChain(chains: Map<string, ModelChain>, name: string): void {
  if (present(chains, name).rules.length > 0) throw new Refusal('Error: Device or resource busy', 1)
  chains.delete(name)
}

function deleteFrom<T>(map: Map<string, T>, name: string): void {
  present(map, name)
  map.delete(name)
}

function present<T>(map: Map<string, T>, name: string): T {
  const it = map.get(name)
  if (it === undefined) throw new Refusal(`Error: No such file or directory: ${name}`, 1)
  return it
}

function addElements(set: ModelSet, elements: readonly string[]): void {
  set.elements = [...new Set([...set.elements, ...elements])]
}

function deleteElements(set: ModelSet, elements: readonly string[]): void {
  for (const element of elements) {
    const at = set.elements.indexOf(element)
    if (at === -1) throw new Refusal('Error: element does not exist', 1)
    set.elements.splice(at, 1)
  }
}

function listSet({ spec, elements }: ModelSet): object {
  const [, text = ''] = /type ([\w. ]+);/.exec(spec) ?? []
  const type = text.includes(' . ') ? text.split(' . ') : text
  const [, seconds] = /timeout (\d+)s;/.exec(spec) ?? []
  const [, size] = /size (\d+);/.exec(spec) ?? []
  const [, flag] = /flags (?:dynamic,)?(interval|timeout)/.exec(spec) ?? []
  const flags = flag === undefined ? {} : { flags: [flag] }
  const limit = size === undefined ? {} : { size: Number(size) }
  const timeout = seconds === undefined ? {} : { timeout: Number(seconds) }
  return {
    type,
    ...flags,
    ...limit,
    ...timeout,
    elem: elements.map((it) => it.replaceAll('"', '')),
  }
}

function listHook(spec: string): object {
  const [, type, hook, prio, policy] =
    /^type (\w+) hook (\w+) priority (-?\d+); policy (\w+);$/.exec(spec) ?? []
  return type === undefined ? {} : { type, hook, prio: Number(prio), policy }
}
