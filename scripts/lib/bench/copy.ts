import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startSiblings } from '../../../test/lab/remote/siblings.ts'
import { startHosts } from './copy/hosts.ts'
import { measureLong } from './copy/long.ts'
import { measureMany } from './copy/many.ts'
import { measureRelay } from './copy/relay.ts'
import { type Part, partOfLong, partOfMany, partOfRelay, renderPart } from './copy/report.ts'
import { numberOf } from './options.ts'

const dynfarm = resolve(import.meta.dirname, '../../../dist/dynfarm')
/** For a look while other work goes on: `--rounds=1 --part=long`. */
const rounds = numberOf('rounds', 5)
const asJson = process.argv.includes('--json')
const cores = availableParallelism()

/** What has to be stopped, and removed, however this ends. */
let running: { stop(): Promise<void> } | undefined
const folder = mkdtempSync(join(tmpdir(), 'dynfarm-bench-'))
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => cleanUp().then(() => process.exit(130)))

const measures: Readonly<Record<string, () => Promise<Part>>> = {
  many: async () => {
    const options = { megabytes: 10, rounds }
    const hosts = await started(startHosts(folder, 64))
    const runs = await measureMany(hosts, { dynfarm, folder, ...options })
    return partOfMany(runs, { ...options, count: hosts.hosts.length })
  },
  long: async () => {
    const options = { megabytes: 100, mbit: 200, roundTripMs: 50, rounds }
    const hosts = await started(startHosts(folder, 1))
    return partOfLong(await measureLong(hosts, { dynfarm, folder, ...options }), options)
  },
  relay: async () => {
    const options = { nodes: 32, megabytes: 8, mbit: 100, rounds }
    const site = await started(startSiblings(options.nodes, [dynfarm]))
    return partOfRelay(await measureRelay(site, options), options)
  },
}

const parts: Part[] = []
for (const name of wanted()) {
  mkdirSync(folder, { recursive: true })
  const load = loadavg()[0] ?? 0
  try {
    const part = await measures[name]?.()
    if (part === undefined) throw new Error(`no part "${name}": ${Object.keys(measures)}`)
    parts.push(part)
    // As soon as it is known: all of them take minutes.
    if (!asJson) console.log(renderPart(part, { load, cores }))
  } finally {
    await cleanUp()
  }
}
if (asJson) console.log(JSON.stringify({ cores, parts }))

function wanted(): string[] {
  const text = process.argv.find((word) => word.startsWith('--part='))
  return text === undefined ? Object.keys(measures) : text.slice('--part='.length).split(',')
}

async function started<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const one = await starting
  running = one
  return one
}

async function cleanUp(): Promise<void> {
  const last = running
  running = undefined
  await last?.stop()
  rmSync(folder, { recursive: true, force: true })
}
