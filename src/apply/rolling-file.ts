import { appendFile, mkdir, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isSystemError } from './system-error.ts'

/** A log that never grows beyond a bound: what is full becomes `PATH.1`, that `PATH.2`, and the last one goes. */
export class RollingFile {
  readonly #path: string
  readonly #mostBytes: number
  readonly #kept: number

  constructor(path: string, { mostBytes, kept }: { mostBytes: number; kept: number }) {
    this.#path = path
    this.#mostBytes = mostBytes
    this.#kept = kept
  }

  /** Whole lines, none of them split over two files. */
  async append(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return
    const text = lines.map((line) => `${line}\n`).join('')
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    if ((await sizeOf(this.#path)) + Buffer.byteLength(text) > this.#mostBytes) await this.#roll()
    await appendFile(this.#path, text, { mode: 0o600 })
  }

  async #roll(): Promise<void> {
    const name = (age: number) => (age === 0 ? this.#path : `${this.#path}.${age}`)
    for (let age = this.#kept; age > 0; age--) await renameIfThere(name(age - 1), name(age))
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return 0
    throw error
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error
  }
}
