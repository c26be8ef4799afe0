import { spawn } from 'node:child_process'
import { median } from '../measure.ts'
import type { Contender } from './contenders.ts'

/** Who takes part in so many rounds. */
export type Entrant = Contender & { rounds: number }

export interface Measured {
  name: string
  rounds: number
  /** Medians over the rounds. */
  wallMs: number
  cpuMs: number
  peakMiB: number
}

interface Run {
  wallMs: number
  cpuMs: number
  peakMiB: number
}

/**
 * In turn, round after round, so that a machine whose speed drifts treats them alike. A round before all others warms
 * those that are in several.
 */
export async function measure(entrants: readonly Entrant[], isCold: boolean): Promise<Measured[]> {
  const runs = entrants.map((): Run[] => [])
  const most = Math.max(...entrants.map(({ rounds }) => rounds))
  for (let round = isCold ? -1 : 0; round < most; round++) {
    for (const [index, entrant] of entrants.entries()) {
      if (round >= entrant.rounds || (round < 0 && entrant.rounds < most)) continue
      const run = await time(entrant)
      if (round >= 0) runs[index]?.push(run)
    }
  }
  return entrants.map(({ name, rounds }, index) => {
    const of = (key: keyof Run) => median((runs[index] ?? []).map((run) => run[key]))
    return { name, rounds, wallMs: of('wallMs'), cpuMs: of('cpuMs'), peakMiB: of('peakMiB') }
  })
}

/** GNU time tells of the whole family of processes: their time, and the peak of the largest. */
async function time({ name, argv, env, bytes }: Contender): Promise<Run> {
  const child = spawn('time', ['-q', '-f', '%U %S %M', ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const began = performance.now()
  let [said, out] = ['', 0]
  child.stderr.on('data', (text) => {
    said = `${said}${text}`.slice(-4000)
  })
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.length
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  const wallMs = performance.now() - began
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${said}`)
  if (bytes !== undefined && out < bytes) throw new Error(`${name} gave ${out} of ${bytes} bytes`)
  // clush leaves its progress without an end of line before it.
  const [, user, system, kib] = /([\d.]+) ([\d.]+) (\d+)\s*$/.exec(said) ?? []
  return { wallMs, cpuMs: (Number(user) + Number(system)) * 1000, peakMiB: Number(kib) / 1024 }
}
