/** What a stage of scripts/test came to. */
export interface Count {
  passed: number
  failed: number
  /** The full names of skipped tests; each name says why. */
  skipped: readonly string[]
}

interface VitestReport {
  testResults: readonly {
    status: string
    assertionResults: readonly { status: string; fullName: string }[]
  }[]
}

/** vitest's JSON report as a count; a run without tests or a report, or one that died, is a failure. */
export function readReport(text: string | undefined, run: Count): Count {
  if (!text) return { passed: 0, failed: 1, skipped: [] }
  const files = (JSON.parse(text) as VitestReport).testResults
  const tests = files.flatMap(({ assertionResults }) => assertionResults)
  const passed = tests.filter(({ status }) => status === 'passed').length
  const failed = tests.filter(({ status }) => status === 'failed').length
  const broken = files.filter(({ status }) => status === 'failed').length
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed')
  const died = run.failed === 1 || passed === 0
  const failures = Math.max(failed, broken, died ? 1 : 0)
  return { passed, failed: failures, skipped: skipped.map(({ fullName }) => fullName) }
}

export function sum(counts: readonly Count[]): Count {
  return {
    passed: counts.reduce((total, { passed }) => total + passed, 0),
    failed: counts.reduce((total, { failed }) => total + failed, 0),
    skipped: counts.flatMap(({ skipped }) => skipped),
  }
}

export function describeSkips({ skipped }: Count): string[] {
  return skipped.map((name) => `skipped: ${name}`)
}
