import { ordinaryUser } from '../../../../test/lab/lib/topology.ts'
import { median } from '../measure.ts'
import type { Farm } from './farm.ts'

const modes = ['ns', 'socks'] as const
const starts = 5
const atOnce = 10

export interface Started {
  readonly mode: (typeof modes)[number]
  /** From the command to the job's first instruction, median. */
  readonly startMs: number
  /** To the end of the command whose job does nothing else. */
  readonly wholeMs: number
}

export async function measureStarts({ lender, run }: Farm): Promise<Started[]> {
  const measured: Started[] = []
  for (const mode of modes) {
    const times: { startMs: number; wholeMs: number }[] = []
    for (let at = 0; at < starts; at++) {
      const began = Date.now()
      const job = [...run, '--mode', mode, '--', 'date', '+%s%3N']
      const first = Number(await lender.must(job, { ordinary: true, timeoutMs: 60_000 }))
      times.push({ startMs: first - began, wholeMs: Date.now() - began })
    }
    const middle = (which: 'startMs' | 'wholeMs') => median(times.map((time) => time[which]))
    measured.push({ mode, startMs: middle('startMs'), wholeMs: middle('wholeMs') })
  }
  return measured
}

/** Of all processes of one job that sleeps, in MiB: what several have in common is shared out. */
export async function measureMemory({ lender, run }: Farm): Promise<number> {
  const words = [...run, '--mode', 'ns', '--', 'sh', '-c', 'echo here; read -r end']
  const jobs = Array.from({ length: atOnce }, () => {
    return lender.spawn(words, { ordinary: true, open: true })
  })
  try {
    await Promise.all(jobs.map((job) => new Promise((here) => job.stdout?.once('data', here))))
    const all = `for pid in $(pgrep -U ${ordinaryUser.uid}); do cat /proc/$pid/smaps_rollup; done`
    const text = await lender.must(['sh', '-c', `${all} 2>/dev/null; :`])
    const sizes = [...text.matchAll(/^Pss:\s+(\d+) kB$/gm)].map(([, size]) => Number(size))
    return sizes.reduce((sum, size) => sum + size, 0) / 1024 / atOnce
  } finally {
    for (const job of jobs) job.stdin?.end('\n')
    await Promise.all(jobs)
  }
}
