import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { bare, clush, dynfarm, peers } from './remote/contenders.ts'
import { type Hosts, startHosts } from './remote/hosts.ts'
import { measure } from './remote/measure.ts'
import { judgeConnect, judgeGathered, type Part, render } from './remote/report.ts'

/** For a look while other work goes on: `--rounds=1 --hosts=32`. */
const [rounds = 5] = numbersOf('--rounds=')
const counts = numbersOf('--hosts=')
const load = loadavg()[0] ?? 0
const folder = mkdtempSync(join(tmpdir(), 'dynfarm-bench-'))
let hosts: Hosts | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => cleanUp().then(() => process.exit(130)))
try {
  hosts = await startHosts(folder)
  const connects: Part[] = []
  for (const count of counts.length > 0 ? counts : [128, 500])
    connects.push(await connecting(hosts, count))
  const gathered = await gathering(hosts, counts[0] ?? 128)
  const bars = [...connects.flatMap(judgeConnect), ...judgeGathered(gathered)]
  const parts = [...connects, gathered]
  const report = { load, cores: availableParallelism(), rounds, parts, bars }
  console.log(process.argv.includes('--json') ? JSON.stringify(report) : render(report))
} finally {
  await cleanUp()
}

async function cleanUp(): Promise<void> {
  await hosts?.stop()
  rmSync(folder, { recursive: true, force: true })
}

function numbersOf(option: string): number[] {
  const text = process.argv.find((word) => word.startsWith(option))?.slice(option.length)
  return text === undefined ? [] : text.split(',').map(Number)
}

async function connecting(all: Hosts, count: number): Promise<Part> {
  const wanted = { command: 'true', count }
  const contenders = [
    ...[dynfarm(all, wanted), bare(all, wanted)],
    ...[...peers(all, wanted, 'equal'), ...peers(all, wanted, 'own')],
  ]
  const title = `connect to ${count} hosts and run "true"`
  return { title, hosts: count, rows: await measure(contenders, rounds) }
}

/** Each prints the same megabyte: that is the case that gathering is for. */
async function gathering(all: Hosts, count: number): Promise<Part> {
  const file = join(folder, 'megabyte')
  const line = `${'x'.repeat(99)}\n`
  writeFileSync(file, line.repeat(10_000))
  const wanted = { command: `cat ${file}`, count }
  const contenders = [dynfarm(all, wanted, ['-b']), clush(all, wanted, 'equal', ['-b'])]
  const checked = contenders.map((one) => ({ ...one, bytes: 1_000_000 }))
  const title = `1 MB from each of ${count} hosts, gathered`
  return { title, hosts: count, rows: await measure(checked, rounds) }
}
