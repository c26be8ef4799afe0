import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startHosts } from './copy/hosts.ts'
import { measureLong } from './copy/long.ts'
import { measureMany } from './copy/many.ts'
import { measureRelay } from './copy/relay.ts'
import { judge, render, reportOf } from './copy/report.ts'

const dynfarm = resolve(import.meta.dirname, '../../../dist/dynfarm')
const count = 64
const many = { megabytes: 10, rounds: 5 }
const long = { megabytes: 100, mbit: 200, roundTripMs: 50, rounds: 5 }
const relay = { nodes: 32, megabytes: 8, mbit: 100, rounds: 5 }

const folder = mkdtempSync(join(tmpdir(), 'dynfarm-bench-'))
try {
  const hosts = await startHosts(folder, count)
  try {
    const load = loadavg()[0] ?? 0
    const toMany = await measureMany(hosts, { dynfarm, folder, ...many })
    const overLong = await measureLong(hosts, { dynfarm, folder, ...long })
    const bySiblings = await measureRelay({ dynfarm, ...relay })
    const report = reportOf({ load, count, many, long, relay, toMany, overLong, bySiblings })
    const bars = judge(report)
    console.log(
      process.argv.includes('--json') ? JSON.stringify({ ...report, bars }) : render(report, bars),
    )
  } finally {
    await hosts.stop()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
