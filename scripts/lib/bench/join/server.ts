import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

export interface Serving {
  readonly url: string
  /** All that its process used until now. */
  cpuSeconds(): number
  residentMiB(): number
  end(): Promise<void>
}

interface Wanted {
  readonly argv: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
}

/** A server as a process of its own, from when it says where it listens. */
export async function startServing({ argv: [program, ...args], env }: Wanted): Promise<Serving> {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const kill = (): unknown => child.kill()
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  try {
    const address = await heard(child)
    const { pid = 0 } = child
    return {
      url: `https://${address}`,
      cpuSeconds: () => cpuSeconds(pid),
      residentMiB: () => residentMiB(pid),
      end: () => end(child),
    }
  } catch (error) {
    await end(child)
    throw error
  }
}

/** The address in "listens for machines at 127.0.0.1:8443", or the floor's like it. */
function heard(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let said = ''
  const hear = (text: string): void => {
    said += text
    const address = /listen\w* .*?\b(127\.0\.0\.1:\d+)\D/.exec(said)?.[1]
    if (address !== undefined) resolve(address)
  }
  child.stdout?.resume()
  child.stderr?.setEncoding('utf8').on('data', hear)
  child.once('exit', () => reject(new Error(`the server does not start: ${said}`)))
  return promise.finally(() => child.stderr?.off('data', hear).resume())
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** Of all its threads, in user and kernel mode; a tick is 10 ms on every Linux. */
function cpuSeconds(pid: number): number {
  const [, after = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const fields = after.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function residentMiB(pid: number): number {
  const [, kiB = ''] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kiB) / 1024
}
