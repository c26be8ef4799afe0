import { availableParallelism, loadavg } from 'node:os'
import { numberOf } from './options.ts'
import { startFarm } from './run/farm.ts'
import { measureMemory, measureStarts } from './run/jobs.ts'
import { judge, render } from './run/report.ts'
import { measureThroughput } from './run/throughput.ts'

const course = { rounds: numberOf('rounds', 5), seconds: numberOf('seconds', 3) }
const linkMbits = 1000

const load = loadavg()[0] ?? 0
const farm = await startFarm(linkMbits)
try {
  const starts = await measureStarts(farm)
  const memoryMiB = await measureMemory(farm)
  const measured = await measureThroughput(farm, course)
  const cores = availableParallelism()
  const report = { load, cores, linkMbits, ...course, starts, memoryMiB, measured }
  const bars = judge(report)
  console.log(
    process.argv.includes('--json') ? JSON.stringify({ ...report, bars }) : render(report, bars),
  )
} finally {
  await farm.stop()
}
