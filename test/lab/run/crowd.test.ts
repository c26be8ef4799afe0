import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HostProcess } from '../lib/lab-host.ts'
import { ce, type Lender, startLender } from './support.ts'

/* Jobs of one user that begin on one machine at one moment. With DYNFARM_LONG=1 there are 50, which take a minute. */

const count = process.env['DYNFARM_LONG'] === '1' ? 50 : 8

let lender: Lender
let before: string

beforeAll(async () => {
  lender = await startLender()
  await lender.run(['true'])
  before = await lender.traces()
})

afterAll(async () => {
  await lender?.centre.stop()
})

/** Or what it says when it ends without one. */
async function firstWord(job: HostProcess): Promise<string> {
  const came = new Promise<string>((resolve) => {
    job.stdout?.once('data', (data: Buffer) => resolve(data.toString()))
  })
  return await Promise.race([came, job.then(({ stderr }) => stderr)])
}

test(`${count} at once have an address each, reach the service, and are all gone afterwards`, {
  timeout: 600_000,
}, async () => {
  const script = `ip -o -4 addr show dev eth0 | grep -o '10\\.200[0-9.]*'
    until test -e ~/go; do sleep 0.5; done; ping -qc1 -W20 ${ce} >/dev/null && exit "$1"`
  const jobs = Array.from({ length: count }, (_, at) =>
    lender.spawnPackaged(['sh', '-c', script, 'sh', String(at + 1)], ['--quiet']),
  )
  const addresses = await Promise.all(jobs.map(firstWord))
  expect(new Set(addresses).size).toBe(count)
  expect(await lender.names()).toHaveLength(count)
  await lender.host.must(['touch', '/home/alice/go'])
  const ends = await Promise.all(jobs)
  const said = ends.map(({ exitCode, stderr }) => ({ exitCode, stderr }))
  expect(said).toEqual(jobs.map((_, at) => ({ exitCode: at + 1, stderr: '' })))
  await lender.host.must(['rm', '/home/alice/go'])
  expect(await lender.traces()).toBe(before)
  expect(await lender.names()).toEqual([])
})
