import { type ChildProcess, spawn } from 'node:child_process'

export interface Ran {
  wallMs: number
  /** Of the command and all that it started. */
  cpuMs: number
  peakMiB: number
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const { pid } of running) if (pid !== undefined) process.kill(-pid)
})

/** Runs a command that has to succeed, under GNU time. It ends with this process. */
export async function run(argv: readonly string[]): Promise<Ran> {
  const begin = performance.now()
  const child = spawn('time', ['-q', '-f', 'time: %U %S %M', ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  running.add(child)
  const said: Buffer[] = []
  child.stderr.on('data', (bytes: Buffer) => said.push(bytes))
  const code = await new Promise((resolve) => child.once('close', resolve))
  running.delete(child)
  const wallMs = performance.now() - begin
  const text = Buffer.concat(said).toString()
  const [, user, system, peak] = /time: (\S+) (\S+) (\d+)\s*$/.exec(text) ?? []
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}:\n${text.slice(-2000)}`)
  return {
    wallMs,
    cpuMs: (Number(user) + Number(system)) * 1000,
    peakMiB: Number(peak) / 1024,
  }
}

/** Each in turn, round after round, so that a machine whose speed drifts treats them alike. */
export async function inTurn<T>(
  rounds: number,
  contenders: readonly { name: string; once(round: number): Promise<T> }[],
): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const { name, once } of contenders) results.get(name)?.push(await once(round))
  return results
}
