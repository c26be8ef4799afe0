import type { ObservedFilter, ObservedTree } from '../../../src/net/limits/limits.ts'

interface Tree {
  root: 'own' | 'foreign'
  classes: Map<number, number>
  filters: ObservedFilter[]
}

/** The trees of one device, as lines of `tc -batch` make them; what the kernel refuses is an error. */
export class FakeTc {
  /** That of the device is 1, those in its classes have the numbers of these. */
  readonly #trees = new Map<number, Tree>()
  #last = 0

  run(line: string): void {
    const words = line.split(' ')
    const after = (word: string) => words[words.indexOf(word) + 1] ?? ''
    const parent = words.includes('root') ? '1:0' : after('parent')
    const act = `${words[0]} ${words[1]}`
    if (act === 'qdisc add') this.#addTree(majorBehind(parent))
    else if (act === 'qdisc del') this.#deleteTree(majorBehind(parent))
    else if (act === 'class replace') this.#setClass(after('classid'), parent, after('ceil'))
    else if (act === 'class del') this.#deleteClass(after('classid'))
    else if (act === 'filter add') this.#addFilter(numberOf(parent), line)
    else if (act === 'filter del') this.#deleteFilter(numberOf(parent), after('handle'))
    else throw new Error(`what is "${line}"`)
  }

  observed(): ObservedTree | undefined {
    const [top, ...inner] = [...this.#trees].toSorted(([a], [b]) => a - b)
    return top === undefined ? undefined : structuredClone({ ...top[1], inner: new Map(inner) })
  }

  /** Somebody puts a queue of his own in a class. */
  intrude(major: number): void {
    this.#trees.set(major, { root: 'foreign', classes: new Map(), filters: [] })
  }

  #addTree(major: number): void {
    if (this.#trees.has(major)) throw new Error(`there is a queue in ${major} already`)
    if (major !== 1) this.#needClass(1, major)
    this.#trees.set(major, { root: 'own', classes: new Map(), filters: [] })
  }

  #deleteTree(major: number): void {
    if (!this.#trees.delete(major)) throw new Error(`there is no queue in ${major}`)
    if (major === 1) this.#trees.clear()
  }

  #setClass(classid: string, parent: string, ceil: string): void {
    const [major, minor] = pairOf(classid)
    if (!parent.endsWith(':')) this.#needClass(...pairOf(parent))
    this.#tree(major).classes.set(minor, Number.parseInt(ceil, 10))
  }

  #deleteClass(classid: string): void {
    const [major, minor] = pairOf(classid)
    this.#needClass(major, minor)
    const { classes, filters } = this.#tree(major)
    if (filters.some(({ key }) => key.endsWith(` flowid ${classid}`)))
      throw new Error(`a filter leads to ${classid}`)
    classes.delete(minor)
    if (major === 1) this.#trees.delete(minor)
  }

  #addFilter(major: number, line: string): void {
    const key = keyOf(line)
    const [, classid] = / flowid (\S+)$/.exec(key) ?? []
    if (classid !== undefined) this.#needClass(...pairOf(classid))
    this.#last += 1
    this.#tree(major).filters.push({
      pref: Number.parseInt(key, 10),
      handle: `h${this.#last}`,
      key,
    })
  }

  #deleteFilter(major: number, handle: string): void {
    const { filters } = this.#tree(major)
    const at = filters.findIndex((one) => one.handle === handle)
    if (at < 0) throw new Error(`there is no filter ${handle}`)
    filters.splice(at, 1)
  }

  #needClass(major: number, minor: number): void {
    if (!this.#tree(major).classes.has(minor))
      throw new Error(`there is no class ${major}:${minor}`)
  }

  #tree(major: number): Tree {
    const tree = this.#trees.get(major)
    if (tree?.root !== 'own') throw new Error(`there is no tree ${major}`)
    return tree
  }
}

function numberOf(text: string): number {
  return Number.parseInt(text, 16)
}

function pairOf(classid: string): [major: number, minor: number] {
  const [major = '', minor = ''] = classid.split(':')
  return [numberOf(major), numberOf(minor)]
}

function majorBehind(parent: string): number {
  const [, minor] = pairOf(parent)
  return minor === 0 ? 1 : minor
}

/** As it is listed. */
function keyOf(line: string): string {
  const [, pref] = / pref (\d+) /.exec(line) ?? []
  const [, table] = / handle (\d+): u32 divisor 256$/.exec(line) ?? []
  if (table !== undefined) return `${pref} table ${table}`
  const [, bucket = ''] = / ht (\S+): /.exec(line) ?? []
  const word = (hex = '') => hex.padStart(8, '0')
  const matches = line.matchAll(/match u32 (?:0x)?([0-9a-f]+) (?:0x)?([0-9a-f]+) at (\d+)/g)
  const match = [...matches].map(([, value, mask, at]) => `${word(value)}/${word(mask)} at ${at}`)
  const [, act] = / ((?:link|flowid) \S+)$/.exec(line) ?? []
  return `${pref} ${bucket} ${match.join(' ')} ${act}`
}
