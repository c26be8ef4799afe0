import { MiB } from '../../protocol/size.ts'
import { type Name, nameOf } from './names.ts'
import { tarBlock, tarPadding } from './tar-write.ts'

export interface TarEntry {
  name: Name
  type: 'file' | 'folder' | 'link' | 'hardlink' | 'other'
  mode: number
  mtime: number
  size: number
  target: Name
}

/** Takes what is in an archive, in its order; its promises are waited for. */
export interface TarSink {
  begin(entry: TarEntry): Promise<void>
  data(bytes: Buffer): Promise<void>
  end(): Promise<void>
}

export class TarFault extends Error {}

/** Reads an archive of GNU tar's or busybox's as it comes, from a far side that may send anything. */
export class TarReader {
  /** The archive has come to its end. */
  isWhole = false
  readonly #sink: TarSink
  #held = Buffer.alloc(0)
  /** Bytes of the member still to come, and of what fills up its last block. */
  #left = 0
  #padding = 0
  #after = 0
  /** Collects what says more of the next member. */
  #extra: { kind: string; chunks: Buffer[] } | undefined
  #next: Partial<TarEntry> = {}

  constructor(sink: TarSink) {
    this.#sink = sink
  }

  async take(chunk: Buffer): Promise<void> {
    if (this.isWhole) return this.#overhear(chunk)
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    while (rest.length > 0 && !this.isWhole) {
      const used = await this.#step(rest)
      if (used === 0) break
      rest = rest.subarray(used)
    }
    this.#held = this.isWhole ? Buffer.alloc(0) : Buffer.from(rest)
  }

  /** tar fills up its last record. */
  #overhear(chunk: Buffer): void {
    this.#after += chunk.length
    if (this.#after > MiB) throw new TarFault('it goes on after the end of the archive')
  }

  /** How many bytes it could use. */
  async #step(bytes: Buffer): Promise<number> {
    if (this.#left > 0) return this.#content(bytes.subarray(0, this.#left))
    if (this.#padding > 0) {
      const used = Math.min(this.#padding, bytes.length)
      this.#padding -= used
      return used
    }
    if (bytes.length < tarBlock) return 0
    await this.#header(bytes.subarray(0, tarBlock))
    return tarBlock
  }

  async #content(bytes: Buffer): Promise<number> {
    this.#left -= bytes.length
    if (this.#extra === undefined) await this.#sink.data(bytes)
    else this.#extra.chunks.push(Buffer.from(bytes))
    if (this.#left === 0) await this.#ended()
    return bytes.length
  }

  async #header(block: Buffer): Promise<void> {
    if (block.every((byte) => byte === 0)) {
      this.isWhole = true
      return
    }
    const entry = parseHeader(block)
    if (extras.includes(entry.kind)) {
      if (entry.size > MiB) throw new TarFault('it sent a name longer than 1 MiB')
      this.#extra = { kind: entry.kind, chunks: [] }
    } else {
      const { kind, ...own } = { ...entry, ...this.#next }
      this.#next = {}
      const type = types[kind] ?? 'other'
      if (type !== 'file' && type !== 'other') own.size = 0
      entry.size = own.size
      await this.#sink.begin({ ...own, type })
    }
    this.#left = entry.size
    this.#padding = tarPadding(entry.size).length
    if (this.#left === 0) await this.#ended()
  }

  async #ended(): Promise<void> {
    if (this.#extra === undefined) return this.#sink.end()
    const { kind, chunks } = this.#extra
    this.#extra = undefined
    Object.assign(this.#next, parseExtra(kind, Buffer.concat(chunks)))
  }
}

const types: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'link',
  '5': 'folder',
}

/** Long names of GNU tar's, and the two kinds of pax. */
const extras: readonly string[] = ['L', 'K', 'x', 'g']

function parseHeader(block: Buffer): Omit<TarEntry, 'type'> & { kind: string } {
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
  if (numberOf(block, 148, 8) !== sum) throw new TarFault('it sent no archive of tar')
  const [name, target] = [textOf(block, 0, 100), textOf(block, 157, 100)]
  const isPosix = block.toString('latin1', 257, 263) === 'ustar\0'
  const prefix = isPosix ? textOf(block, 345, 155) : ''
  const [size, mode, mtime] = [[124, 12] as const, [100, 8] as const, [136, 12] as const].map(
    ([at, length]) => numberOf(block, at, length),
  ) as [number, number, number]
  if (!Number.isSafeInteger(size) || size < 0) throw new TarFault('it sent a size that is none')
  const path = prefix === '' ? name : `${prefix}/${name}`
  return { name: path, target, size, mode, mtime, kind: String.fromCharCode(block[156] ?? 0) }
}

function textOf(block: Buffer, at: number, length: number): Name {
  return block.toString('latin1', at, at + length).replace(/\0.*$/s, '')
}

/** Octal digits, or from 8 GiB on the number itself. */
function numberOf(block: Buffer, at: number, length: number): number {
  const field = block.subarray(at, at + length)
  if (((field[0] ?? 0) & 0x80) !== 0)
    return Number(BigInt(`0x${field.subarray(1).toString('hex')}`))
  const digits = /[0-7]+/.exec(field.toString('latin1'))?.[0] ?? '0'
  return Number.parseInt(digits, 8)
}

function parseExtra(kind: string, bytes: Buffer): Partial<TarEntry> {
  if (kind === 'g') return {}
  const text = nameOf(bytes)
  if (kind === 'L') return { name: text.replace(/\0.*$/s, '') }
  if (kind === 'K') return { target: text.replace(/\0.*$/s, '') }
  return parsePax(text)
}

/** `LENGTH KEY=VALUE\n`, again and again. */
function parsePax(text: string): Partial<TarEntry> {
  const found: Partial<TarEntry> = {}
  for (let at = 0; at < text.length; ) {
    const [head, digits] = /^(\d{1,7}) /.exec(text.slice(at, at + 8)) ?? []
    const length = Number(digits)
    if (head === undefined || length <= head.length) throw new TarFault('it sent no archive of tar')
    const [key, ...value] = text.slice(at + head.length, at + length - 1).split('=')
    Object.assign(found, paxField(key ?? '', value.join('=')))
    at += length
  }
  return found
}

function paxField(key: string, value: string): Partial<TarEntry> {
  if (key === 'path') return { name: value }
  if (key === 'linkpath') return { target: value }
  if (key !== 'size') return {}
  if (!/^\d{1,15}$/.test(value)) throw new TarFault('it sent a size that is none')
  return { size: Number(value) }
}
