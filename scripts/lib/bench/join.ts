import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { makeCentre } from './join/centre.ts'
import { measureRung } from './join/command.ts'
import { measureLarge } from './join/large.ts'
import { type Bar, commandPart, largePart, type Part, throughputPart } from './join/report.ts'
import { slowSyncs } from './join/slow-sync.ts'
import { measureThroughput } from './join/throughput.ts'
import { numberOf } from './options.ts'

const dynfarm = resolve(import.meta.dirname, '../../../dist/dynfarm')
const rounds = numberOf('rounds', 5)
const syncMs = 5
const asJson = process.argv.includes('--json')
const load = loadavg()[0] ?? 0
const figures: Record<string, unknown> = { load, syncMs }
const bars: Bar[] = []

if (!asJson) console.log(`load of the machine before: ${load.toFixed(1)}\n`)
const folder = mkdtempSync(join(tmpdir(), 'dynfarm-bench-'))
const cleanUp = (): void => rmSync(folder, { recursive: true, force: true })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.once('exit', cleanUp)

for (const rung of ['wg', 'udp']) {
  const commands = await measureRung(dynfarm, rung, rounds)
  show(rung, commands, commandPart(commands))
}
const centre = await makeCentre(dynfarm, folder)
const common = { dynfarm, folder, rounds, count: 1000, lanes: 64 }
const plain = await measureThroughput(centre, common)
show('plain', plain, throughputPart(plain))
const env = slowSyncs(folder, syncMs)
const slow = await measureThroughput(centre, {
  ...{ ...common, env, rounds: Math.min(rounds, 3) },
  count: 500,
})
show('slow', slow, throughputPart(slow, syncMs))
const large = await measureLarge(centre, { dynfarm, folder, nodes: 10_000, atOnce: 1000 })
show('large', large, largePart(large))
if (asJson) console.log(JSON.stringify({ ...figures, bars }))

/** As soon as it is known: all of it takes many minutes. */
function show(name: string, measured: unknown, part: Part): void {
  figures[name] = measured
  bars.push(...part.bars)
  if (!asJson) console.log(part.text)
}
