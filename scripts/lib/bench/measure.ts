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

/** GNU time tells the peak of the resident size; its own start is the same few tenths for everyone. */
function time(argv: readonly string[]): Run {
  const begin = performance.now()
  const { stderr } = spawnSync('time', ['-q', '-f', '%M', ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  const wallMs = performance.now() - begin
  return { wallMs, peakMiB: Number(stderr.trim().split('\n').at(-1)) / 1024 }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
