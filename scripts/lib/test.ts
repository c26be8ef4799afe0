import { spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
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
  /** Where vitest's JSON report comes from; a stage without one counts as one check. */
  report?: 'file' | 'stdout'
}

const stages: readonly Stage[] = [
  { name: 'format and lint', argv: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'types', argv: [bin('tsc'), '--noEmit', '-p', '.'] },
  { name: 'imports', argv: [node, 'scripts/lib/imports.ts'] },
  { name: 'build', argv: ['scripts/build'] },
  { name: 'unit', argv: vitest('vitest.config.ts'), report: 'file' },
]

const needRoot: readonly Stage[] = [
  { name: 'lab', argv: vitest('vitest.lab.config.ts'), report: 'file' },
  {
    name: 'links in the virtual machine',
    argv: inMachine('test/lab/net/links.test.ts'),
    report: 'stdout',
  },
]

const reports = mkdtempSync(join(tmpdir(), 'dynfarm-test-'))
try {
  const count = sum([...stages, ...(fast ? [] : needRoot)].map(run))
  for (const line of describeSkips(count)) console.log(line)
  if (fast) console.log('left out by --fast: what needs root, PostgreSQL or the virtual machine')
  console.log(`${count.passed} passed, ${count.failed} failed${skippedPart(count)}`)
  process.exitCode = count.failed === 0 ? 0 : 1
} finally {
  rmSync(reports, { recursive: true, force: true })
}

function vitest(config: string): string[] {
  return [bin('vitest'), 'run', '--config', config]
}

/** The same tests where the kernel has GRE: what vitest tells goes to standard error, its report to standard output. */
function inMachine(folder: string): string[] {
  const report = '--reporter=json --reporter=default --outputFile.json=/tmp/report.json'
  const run = `node node_modules/vitest/vitest.mjs run --config vitest.lab.config.ts ${report} ${folder}`
  return ['scripts/vm', 'sh', '-c', `${run} >&2; code=$?; cat /tmp/report.json; exit $code`]
}

function run({ name, argv, report }: Stage): Count {
  const begin = performance.now()
  const file = join(reports, `${name}.json`)
  const [program = '', ...args] = [...argv, ...(report === 'file' ? reporters(file) : [])]
  const stdout = report === 'stdout' ? openSync(file, 'w') : 'inherit'
  const { status } = spawnSync(program, args, { cwd: root, stdio: ['ignore', stdout, 'inherit'] })
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  console.log(`${status === 0 ? 'ok' : 'FAILED'}: ${name} (${seconds} s)\n`)
  const one: Count = { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: [] }
  return report === undefined ? one : readReport(read(file), one)
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
