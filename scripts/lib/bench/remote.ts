import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { bare, clush, dynfarm, peers } from './remote/contenders.ts'
import { type Hosts, startHosts } from './remote/hosts.ts'
import { measure } from './remote/measure.ts'
import { judgeConnect, judgeGathered, type Part, renderBars, renderPart } from './remote/report.ts'

/** For a look while other work goes on: `--rounds=1 --hosts=32`. */
const [often = 5] = numbersOf('--rounds=')
/** Of those that take long and are not the best. */
const seldom = Math.min(often, 2)
const counts = numbersOf('--hosts=')
const asJson = process.argv.includes('--json')
const load = loadavg()[0] ?? 0
const folder = mkdtempSync(join(tmpdir(), 'dynfarm-bench-'))
let hosts: Hosts | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => cleanUp().then(() => process.exit(130)))
try {
  hosts = await startHosts(folder)
  const connects: Part[] = []
  for (const count of counts.length > 0 ? counts : [128, 500])
    connects.push(shown(await connecting(hosts, count, connects.length === 0)))
  const gathered = shown(await gathering(hosts, counts[0] ?? 128))
  const bars = [...connects.flatMap(judgeConnect), ...judgeGathered(gathered)]
  const parts = [...connects, gathered]
  const report = { load, cores: availableParallelism(), parts, bars }
  console.log(asJson ? JSON.stringify(report) : renderBars(report))
} finally {
  await cleanUp()
}

/** As soon as it is known: it takes minutes. */
function shown(part: Part): Part {
  if (!asJson) console.log(renderPart(part))
  return part
}

async function cleanUp(): Promise<void> {
  await hosts?.stop()
  rmSync(folder, { recursive: true, force: true })
}

function numbersOf(option: string): number[] {
  const text = process.argv.find((word) => word.startsWith(option))?.slice(option.length)
  return text === undefined ? [] : text.split(',').map(Number)
}

/** The first part warms all, and has the peers as they come too; later ones have every slow peer once. */
async function connecting(all: Hosts, count: number, isFirst: boolean): Promise<Part> {
  const wanted = { command: 'true', count }
  const [quick, ...slow] = peers(all, wanted, 'equal')
  const own = isFirst ? peers(all, wanted, 'own') : []
  const contenders = [
    ...[dynfarm(all, wanted), bare(all, wanted), quick].map((one) => ({ ...one, rounds: often })),
    ...[...slow, ...own].map((one) => ({ ...one, rounds: isFirst ? seldom : 1 })),
  ]
  const title = `connect to ${count} hosts and run "true"`
  return { title, hosts: count, rows: await measure(contenders, isFirst) }
}

/** Each prints the same megabyte: that is the case that gathering is for. */
async function gathering(all: Hosts, count: number): Promise<Part> {
  const file = join(folder, 'megabyte')
  const line = `${'x'.repeat(99)}\n`
  writeFileSync(file, line.repeat(10_000))
  const wanted = { command: `cat ${file}`, count }
  const contenders = [
    { ...dynfarm(all, wanted, ['-b']), rounds: often },
    { ...clush(all, wanted, 'equal', ['-b']), rounds: seldom },
  ]
  const checked = contenders.map((one) => ({ ...one, bytes: 1_000_000 }))
  const title = `1 MB from each of ${count} hosts, gathered`
  return { title, hosts: count, rows: await measure(checked, true) }
}
