import { expect, test } from 'vitest'
import { describeSkips, readReport, sum } from '../../scripts/lib/report.ts'

const ran = { passed: 1, failed: 0, skipped: [] }
const died = { passed: 0, failed: 1, skipped: [] }
const report = (...statuses: string[]) =>
  JSON.stringify({
    testResults: [
      {
        status: statuses.includes('failed') ? 'failed' : 'passed',
        assertionResults: statuses.map((status) => ({ status, fullName: `${status} test` })),
      },
    ],
  })

test.each([
  ['all passed', report('passed', 'passed'), ran, { passed: 2, failed: 0, skipped: [] }],
  ['one failed', report('passed', 'failed'), died, { passed: 1, failed: 1, skipped: [] }],
  [
    'one skipped',
    report('passed', 'skipped'),
    ran,
    { passed: 1, failed: 0, skipped: ['skipped test'] },
  ],
  ['no report', undefined, ran, { passed: 0, failed: 1, skipped: [] }],
  ['no tests', JSON.stringify({ testResults: [] }), ran, { passed: 0, failed: 1, skipped: [] }],
  ['died after its tests', report('passed'), died, { passed: 1, failed: 1, skipped: [] }],
  [
    'a file that could not be read',
    JSON.stringify({ testResults: [{ status: 'failed', assertionResults: [] }] }),
    died,
    { passed: 0, failed: 1, skipped: [] },
  ],
])('%s', (_, text, run, count) => {
  expect(readReport(text, run)).toEqual(count)
})

test('counts add up, and skips are named', () => {
  const count = sum([
    { passed: 1, failed: 2, skipped: ['a'] },
    { passed: 3, failed: 0, skipped: ['b'] },
  ])
  expect(count).toEqual({ passed: 4, failed: 2, skipped: ['a', 'b'] })
  expect(describeSkips(count)).toEqual(['skipped: a', 'skipped: b'])
})
