import { loadavg } from 'node:os'
import { numberOf } from './options.ts'
import { startFarm } from './tunnel/farm.ts'
import { judge, render } from './tunnel/report.ts'
import { measureRungs } from './tunnel/rungs.ts'

const course = { rounds: numberOf('rounds', 5), seconds: numberOf('seconds', 3) }
const linkMbits = 1000

const farm = await startFarm(linkMbits)
try {
  const load = loadavg()[0] ?? 0
  const measured = await measureRungs(farm, course)
  const report = { load, linkMbits, ...course, wireguard: farm.wireguard, measured }
  const bars = judge(report)
  console.log(
    process.argv.includes('--json') ? JSON.stringify({ ...report, bars }) : render(report, bars),
  )
} finally {
  await farm.stop()
}
