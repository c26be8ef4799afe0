import { afterAll, beforeAll, expect, test } from 'vitest'
import { killGroup, type LabHost } from '../lib/lab-host.ts'
import { type Centre, giveToken, startCentre, startJoin, stateOf } from './centre.ts'

/** As many as a join says, and one more, which comes too late. */
const mostSteps = 25
/** With DYNFARM_LONG=1 at every one of them. */
const stride = process.env['DYNFARM_LONG'] === '1' ? 1 : 4

let centre: Centre
let machine: LabHost
let before: Record<string, string>

beforeAll(async () => {
  centre = await startCentre({
    site: { hostname: 'set', files: [{ path: '/etc/farm', content: 'x' }] },
  })
  machine = centre.lab.host('aruba-a')
  before = await stateOf(machine)
})

afterAll(async () => {
  await centre?.stop()
})

/** kill -9 as soon as it says that it begins its n-th Step. */
async function killAt(step: number): Promise<void> {
  const child = startJoin(machine)
  let said = ''
  let isKilled = false
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString()
    const isDue = !isKilled && said.split(/^dynfarm: /m).length > step
    if (!isDue) return
    isKilled = true
    killGroup(child.pid)
  })
  await child
}

const steps = Array.from({ length: Math.ceil(mostSteps / stride) }, (_, at) => at * stride + 1)

test('a join says no more steps than it is killed at', async () => {
  await giveToken(centre, machine)
  const { stderr } = await centre.dynfarm('aruba-a', ['join'])
  const said = stderr.split(/^dynfarm: /m).length - 1
  expect(said).toBeLessThanOrEqual(mostSteps)
  expect(said).toBeGreaterThan(mostSteps - stride)
  expect(await centre.json('aruba-a', ['leave'])).toMatchObject({ problems: [] })
})

test.each(steps)(
  'killed at step %d, a join ends well the next time, and leave finds all of it',
  async (step) => {
    await giveToken(centre, machine)
    await killAt(step)
    expect(await centre.json('aruba-a', ['join'])).toMatchObject({ state: 'ready', rung: 'wg' })
    expect(await centre.json('aruba-a', ['join'])).toMatchObject({ changed: false })
    expect(await centre.json('aruba-a', ['leave'])).toMatchObject({ problems: [] })
    expect(await stateOf(machine)).toEqual(before)
  },
)
