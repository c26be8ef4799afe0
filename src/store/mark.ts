import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** How far the store had come: no later commit was answered for. */
export interface Marker {
  readonly epoch: string
  readonly generation: number
  readonly commits: number
}

/**
 * A small file beside the store that follows its commits. It is written after each commit and not synced
 * with it, so it is never ahead of the store it belongs to: a store that is behind it was restored.
 */
export interface Mark {
  last(): Marker | undefined
  note(marker: Marker): void
  close(): void
}

export function openMark(path: string): Mark {
  const file = openPrivate(path)
  let last = parseMarker(readText(file))
  return {
    last: () => last,
    note: (marker) => {
      last = marker
      writeSync(file, renderMarker(marker), 0)
    },
    close: () => {
      fdatasyncSync(file)
      closeSync(file)
    },
  }
}

/** Always of one length, so that it is replaced in place by one write. */
function renderMarker({ epoch, generation, commits }: Marker): string {
  return `${epoch.padEnd(32)} ${String(generation).padEnd(16)} ${String(commits).padEnd(16)}\n`
}

/** A mark that cannot be read says nothing; the hubs are the second witness. */
function parseMarker(text: string): Marker | undefined {
  const found = /^([0-9a-f]+) +(\d+) +(\d+) *\n/.exec(text)
  if (found === null) return undefined
  return { epoch: found[1] ?? '', generation: Number(found[2]), commits: Number(found[3]) }
}

function readText(file: number): string {
  const buffer = Buffer.alloc(128)
  return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0))
}

/** Opens a file that only its owner may read, and makes its name durable where it is new. */
function openPrivate(path: string): number {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  const folder = openSync(dirname(path), constants.O_RDONLY)
  fsyncSync(folder)
  closeSync(folder)
  return file
}

/** SQLite gives its other files the mode of the first, so that one is made before it can be read. */
export function makePrivate(path: string): void {
  closeSync(openPrivate(path))
}
