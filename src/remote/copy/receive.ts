import { type Arriving, type Landing, openArriving } from '../files/landing.ts'
import { type Name, partsOf } from './names.ts'
import { type TarEntry, TarFault, type TarSink } from './tar-read.ts'

/** Something that a node sent, under a name that stays where it belongs. */
export interface Received {
  entry: TarEntry
  /** Its name, taken apart. */
  parts: readonly Name[]
  /** Of a file: where it arrived. */
  arrived?: Name
}

export interface ReceiveOptions {
  landing: Landing
  /** Whether it was asked for. */
  isWanted(parts: readonly Name[]): boolean
  maxSize: number | undefined
  onBytes(bytes: number): void
}

/** More entries than this one node does not get rid of. */
const mostEntries = 1_000_000

/** Takes an archive in: files to where nobody sees them, the rest as a list. Nothing has its place yet. */
export class Receiver implements TarSink {
  readonly received: Received[] = []
  /** Devices, pipes and the like: how many, and the first of them. */
  readonly left: { count: number; first: Name } = { count: 0, first: '' }
  /** Files that are larger than was allowed. */
  readonly tooLarge: Name[] = []
  readonly #options: ReceiveOptions
  #arriving: Arriving | undefined

  constructor(options: ReceiveOptions) {
    this.#options = options
  }

  async begin(entry: TarEntry): Promise<void> {
    const parts = partsOf(entry.name)
    if (parts === undefined) throw new TarFault('it sent a name that leads out of the folder')
    if (!this.#options.isWanted(parts)) throw new TarFault('it sent what nobody asked for')
    if (this.received.length >= mostEntries) throw new TarFault('it sent too many files')
    const { maxSize, landing } = this.#options
    if (entry.type === 'other') this.#leaveOut(entry.name)
    else if (maxSize !== undefined && entry.size > maxSize) this.tooLarge.push(entry.name)
    else if (entry.type !== 'file') this.received.push({ entry, parts })
    else {
      this.#arriving = await openArriving(landing)
      this.received.push({ entry, parts, arrived: this.#arriving.path })
    }
  }

  #leaveOut(name: Name): void {
    if (this.left.count === 0) this.left.first = name
    this.left.count += 1
  }

  async data(bytes: Buffer): Promise<void> {
    this.#options.onBytes(bytes.length)
    await this.#arriving?.write(bytes)
  }

  async end(): Promise<void> {
    const arriving = this.#arriving
    this.#arriving = undefined
    await arriving?.close()
  }
}
