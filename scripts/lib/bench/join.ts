import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { makeCentre } from './join/centre.ts'
import { measureCommands } from './join/command.ts'
import { measureLarge } from './join/large.ts'
import { judge, render } from './join/report.ts'
import { slowSyncs } from './join/slow-sync.ts'
import { measureThroughput } from './join/throughput.ts'

const dynfarm = resolve(import.meta.dirname, '../../../dist/dynfarm')
const syncMs = 5

const folder = mkdtempSync(join(tmpdir(), 'dynfarm-bench-'))
try {
  const centre = await makeCentre(dynfarm, folder)
  const common = { dynfarm, folder, rounds: 5, count: 1000, lanes: 64 }
  const load = loadavg()[0] ?? 0
  const plain = await measureThroughput(centre, common)
  const env = slowSyncs(folder, syncMs)
  const slow = await measureThroughput(centre, { ...common, env, rounds: 3, count: 500 })
  const large = await measureLarge(centre, { dynfarm, folder, nodes: 10_000, atOnce: 1000 })
  const commands = await measureCommands(dynfarm, 3)
  const report = { load, syncMs, plain, slow, large, commands }
  const bars = judge(report)
  console.log(
    process.argv.includes('--json') ? JSON.stringify({ ...report, bars }) : render(report, bars),
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
