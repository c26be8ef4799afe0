import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Count, describeSkips, readReport, sum } from './report.ts'

const root = resolve(import.meta.dirname, '../..')
const fast = process.argv.includes('--fast')
const bin = (name: string) => join(root, 'node_modules/.bin', name)
const node = process.execPath

interface Stage {
  name: string
  argv: readonly string[]
  /** Writes vitest's JSON report; other stages count as one check each. */
  vitest?: boolean
}

const stages: readonly Stage[] = [
  { name: 'format and lint', argv: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'types', argv: [bin('tsc'), '--noEmit', '-p', '.'] },
  { name: 'imports', argv: [node, 'scripts/lib/imports.ts'] },
  { name: 'build', argv: ['scripts/build'] },
  { name: 'unit', argv: vitest('vitest.config.ts'), vitest: true },
]

const needRoot: readonly Stage[] = [
  { name: 'lab', argv: vitest('vitest.lab.config.ts'), vitest: true },
]

const reports = mkdtempSync(join(tmpdir(), 'dynfarm-test-'))
try {
  const count = sum([...stages, ...(fast ? [] : needRoot)].map(run))
  for (const line of describeSkips(count)) console.log(line)
  if (fast) console.log('left out by --fast: the lab and the virtual machine')
  console.log(`${count.passed} passed, ${count.failed} failed${skippedPart(count)}`)
  process.exitCode = count.failed === 0 ? 0 : 1
} finally {
  rmSync(reports, { recursive: true, force: true })
}

function vitest(config: string): string[] {
  return [bin('vitest'), 'run', '--config', config]
}

function run({ name, argv, vitest: reportsJson = false }: Stage): Count {
  const begin = performance.now()
  const report = join(reports, `${name}.json`)
  const [file = '', ...args] = [...argv, ...(reportsJson ? reporters(report) : [])]
  const { status } = spawnSync(file, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  console.log(`${status === 0 ? 'ok' : 'FAILED'}: ${name} (${seconds} s)\n`)
  const one: Count = { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: [] }
  return reportsJson ? readReport(read(report), one) : one
}

function reporters(file: string): string[] {
  return ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function skippedPart({ skipped }: Count): string {
  return skipped.length === 0 ? '' : `, ${skipped.length} skipped`
}
