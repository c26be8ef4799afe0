import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { FarCommand } from '../../../../src/remote/far-side/command.ts'
import type { Outcome } from '../../../../src/remote/outcome.ts'
import { type Run, runCommand } from '../../../../src/remote/run-command.ts'
import { connectTo, type Login } from '../../../../src/remote/session/connect.ts'
import { identityFromText } from '../../../../src/remote/session/identity.ts'
import type { Session } from '../../../../src/remote/session/session.ts'
import type { Target } from '../../../../src/remote/session/target.ts'
import { windowFor } from '../../../../src/remote/session/window.ts'
import { endNaps } from './processes.ts'
import { type Host, type HostOptions, makeIdentity, startHost } from './sshd.ts'

export interface Farm {
  folder: string
  identity: { path: string; text: string }
  start(options: Partial<HostOptions>): Promise<Host>
  login: Login
}

/** Hosts of one test file, gone after it. */
export function makeFarm(): Farm {
  const folder = mkdtempSync(join(tmpdir(), 'dynfarm-farm-'))
  const hosts: Host[] = []
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.stop()))
    endNaps()
    rmSync(folder, { recursive: true, force: true })
  })
  const identity = makeIdentity(folder)
  let count = 0
  const start = async (options: Partial<HostOptions>) => {
    count += 1
    const usual = { name: `host-${count}`, addresses: [`127.9.${process.pid % 200}.${count}`] }
    const host = await startHost(folder, { ...usual, ...options })
    hosts.push(host)
    return host
  }
  const login = {
    user: 'root',
    identity: identityFromText(identity.text, identity.path),
    // Many log in at once, on a machine that may be slow.
    timeout: 60_000,
    window: windowFor(1),
  }
  return { folder, identity, start, login }
}

export interface Told extends Outcome {
  stdout: string
  stderr: string
}

/** Runs on one host and keeps what it prints. */
export async function runOn(
  session: Session,
  command: FarCommand | string,
  over: Partial<Run> = {},
): Promise<Told> {
  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  const outcome = await runCommand(session, {
    command: typeof command === 'string' ? { words: [command] } : command,
    sink: (bytes, stream) => {
      kept[stream].push(bytes)
      return undefined
    },
    signal: new AbortController().signal,
    again: async () => {
      throw new Error('no second connection was expected')
    },
    ...over,
  })
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('latin1')
  return { ...outcome, stdout: text(kept.stdout), stderr: text(kept.stderr) }
}

export async function withSession<T>(
  target: Target,
  login: Login,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await connectTo(target, login)
  try {
    return await use(session)
  } finally {
    session.close()
  }
}
