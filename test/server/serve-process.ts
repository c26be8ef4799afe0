import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'

/** `dynfarm serve` as a process of its own, on a folder that outlives it. */
export interface ServeProcess {
  /** Where machines join. */
  readonly url: string
  readonly socketPath: string
  /** Ends it by a signal, and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>
}

const running = new Set<ChildProcess>()

/** All that were started and did not end. */
export function killServers(): void {
  for (const child of running) child.kill('SIGKILL')
}

const program = resolve(import.meta.dirname, '../../bin/dynfarm.ts')

/** In the folder are `config`, `state` and `run`. */
export async function startServeProcess(folder: string): Promise<ServeProcess> {
  const runDir = join(folder, 'run')
  const child = spawn(process.execPath, [program, 'serve'], {
    env: {
      DYNFARM_CONFIG: join(folder, 'config'),
      DYNFARM_STATE: join(folder, 'state'),
      DYNFARM_RUN: runDir,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }
  const address = await heard(child)
  return { url: `https://${address}`, socketPath: join(runDir, 'admin.sock'), end }
}

function heard(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
    const address = /listens for machines at ([^,]+),/.exec(said)?.[1]
    if (address !== undefined) resolve(address)
  })
  child.once('exit', () => reject(new Error(`the server ended: ${said}`)))
  return promise
}
