import { closeSync, readdirSync, readlinkSync, writeSync } from 'node:fs'
import { isSystemError } from '../../apply/system-error.ts'
import { DynfarmError } from '../../errors.ts'
import { canTell, type Descriptor } from '../status-fd.ts'
import { readText } from './own.ts'

/** Whoever started this may have left descriptors open, which would be the job's too: Node's own never are. */
export function closeInherited(keep: number | undefined): void {
  for (const { fd, flags } of readDescriptors())
    if (fd > 2 && fd !== keep && (flags & CLOSED_ON_EXEC) === 0) closeSync(fd)
}

const CLOSED_ON_EXEC = 0o2000000

export function refuseClosed(fd: number): void {
  if (canTell(fd, readDescriptors())) return
  throw new DynfarmError('usage', `--status-fd "${fd}" is not open, or not to be written to`, {
    hint: `open it where dynfarm is started, as "${fd}>FILE"`,
  })
}

/** `--status-fd`: whether anybody reads it is not this process's business. */
export function writeStatus(fd: number, record: object): void {
  try {
    writeSync(fd, `${JSON.stringify(record)}\n`)
  } catch (error) {
    if (!isSystemError(error)) throw error
  }
}

function readDescriptors(): Descriptor[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    const info = readText(`/proc/self/fdinfo/${name}`)
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1]
    // The folder that is being read here is among them, and closed by now.
    if (flags === undefined) return []
    const target = readlinkSync(`/proc/self/fd/${name}`)
    return [{ fd: Number(name), target, flags: Number.parseInt(flags, 8) }]
  })
}
