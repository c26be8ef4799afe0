import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pack } from '../pack.ts'
import { type Contender, type Measured, measure } from './measure.ts'
import { renderTable } from './table.ts'

const root = resolve(import.meta.dirname, '../../..')
const rounds = 21
/** Bars, as times the floor. */
const bars = { version: 1.5, check: 4, resident: 2 }
const sizeBars = { diskMB: 130, compressedMB: 40 }

const folder = mkdtempSync(join(tmpdir(), 'dynfarm-bench-'))
try {
  const measured = measure(await contenders(), rounds)
  const report = {
    rounds,
    runs: measured.map((run) => withRatios(run, measured)),
    sizes: sizes(),
    bars,
    sizeBars,
  }
  console.log(process.argv.includes('--json') ? JSON.stringify(report) : render(report))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function contenders(): Promise<Contender[]> {
  const floor = join(folder, 'floor')
  writeFileSync(join(folder, 'empty.cjs'), '')
  await pack({
    output: floor,
    main: join(folder, 'empty.cjs'),
    assets: {},
    work: join(root, 'dist/work'),
  })
  // How much of a file the kernel maps at once depends on how it was written: both are fresh copies.
  const [dynfarm, empty] = [freshCopy(join(root, 'dist/dynfarm')), freshCopy(floor)]
  return [
    { name: 'floor', argv: [empty] },
    { name: 'node -e 0', argv: [join(root, 'node_modules/node/bin/node'), '-e', '0'] },
    { name: 'version', argv: [dynfarm, '--version'] },
    { name: 'check', argv: [dynfarm, 'check', join(root, 'configs')] },
  ]
}

function freshCopy(file: string): string {
  const copy = join(folder, `${file.split('/').at(-1)}-copy`)
  copyFileSync(file, copy)
  return copy
}

type WithRatios = Measured & { toFloor: number; toNode: number; residentToFloor: number }

function withRatios(run: Measured, all: readonly Measured[]): WithRatios {
  const [floor = run, node = run] = all
  return {
    ...run,
    toFloor: run.wallMs / floor.wallMs,
    toNode: run.wallMs / node.wallMs,
    residentToFloor: run.peakMiB / floor.peakMiB,
  }
}

function sizes(): { diskMB: number; compressedMB: number } {
  const file = join(root, 'dist/dynfarm')
  const compressed = execFileSync('xz', ['-T2', '-c', file], { maxBuffer: 2 ** 28 })
  return { diskMB: statSync(file).size / 1e6, compressedMB: compressed.length / 1e6 }
}

function render(report: { runs: readonly WithRatios[]; sizes: ReturnType<typeof sizes> }): string {
  const head = ['', 'ms', 'x floor', 'x node -e 0', 'MiB', 'x floor', 'bars']
  const rows = report.runs.map((run) => [
    run.name,
    run.wallMs.toFixed(1),
    run.toFloor.toFixed(2),
    run.toNode.toFixed(2),
    run.peakMiB.toFixed(1),
    run.residentToFloor.toFixed(2),
    verdict(run),
  ])
  const { diskMB, compressedMB } = report.sizes
  const size = [
    `size on disk ${diskMB.toFixed(1)} MB (bar ${sizeBars.diskMB}: ${met(diskMB <= sizeBars.diskMB)})`,
    `as xz ${compressedMB.toFixed(1)} MB (bar ${sizeBars.compressedMB}: ${met(compressedMB <= sizeBars.compressedMB)})`,
  ]
  return `${renderTable([head, ...rows])}\n${size.join('\n')}`
}

function verdict({ name, toFloor, residentToFloor }: WithRatios): string {
  if (name !== 'version' && name !== 'check') return ''
  const resident = `${bars.resident}: ${met(residentToFloor <= bars.resident)}`
  return `time ${bars[name]}: ${met(toFloor <= bars[name])}, resident ${resident}`
}

function met(isMet: boolean): string {
  return isMet ? 'met' : 'NOT MET'
}
