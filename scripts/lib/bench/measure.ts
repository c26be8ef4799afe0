import { spawnSync } from 'node:child_process'

export interface Contender {
  name: string
  argv: readonly [string, ...string[]]
}

export interface Measured extends Contender {
  /** Medians over all rounds. */
  wallMs: number
  peakMiB: number
}

/** Runs all contenders in turn, round after round, so that a machine whose speed drifts treats them alike. */
export function measure(contenders: readonly Contender[], rounds: number): Measured[] {
  const runs = contenders.map(() => [] as Run[])
  for (let round = -1; round < rounds; round++) {
    for (const [index, { argv }] of contenders.entries()) {
      const run = time(argv)
      if (round >= 0) runs[index]?.push(run)
    }
  }
  return contenders.map((contender, index) => ({
    ...contender,
    wallMs: median((runs[index] ?? []).map(({ wallMs }) => wallMs)),
    peakMiB: median((runs[index] ?? []).map(({ peakMiB }) => peakMiB)),
  }))
}

interface Run {
  wallMs: number
  peakMiB: number
}

/** Two runs: one for the clock of a small shell, one for the peak of the resident size that GNU time tells. */
function time(argv: readonly string[]): Run {
  const script = 'TIMEFORMAT=%R; time "$@" >/dev/null 2>&1'
  const seconds = lastLine('bash', ['-c', script, 'bash', ...argv])
  const peakKiB = lastLine('time', ['-q', '-f', '%M', ...argv])
  return { wallMs: Number(seconds) * 1000, peakMiB: Number(peakKiB) / 1024 }
}

function lastLine(program: string, args: readonly string[]): string {
  const { stderr } = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  return stderr.trim().split('\n').at(-1) ?? ''
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const [low = Number.NaN, high = low] = sorted.slice((sorted.length - 1) >> 1)
  return sorted.length % 2 === 1 ? low : (low + high) / 2
}
