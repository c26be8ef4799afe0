import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { MiB } from '../../../src/protocol/size.ts'
import { writeInventory } from './support/exec.ts'
import { makeFarm } from './support/hosts.ts'

/*
 * Output of any size at bounded memory. With DYNFARM_LONG=1 one host prints 2 GB, and 200 hosts 10 MB each, in every view,
 * which takes minutes and as much of /var/tmp. What is printed otherwise is more than the bound too.
 */
const isLong = process.env['DYNFARM_LONG'] === '1'
const one = isLong ? 2_000_000_000 : 330_000_000
const many = isLong ? { hosts: 200, each: 10_000_000 } : { hosts: 33, each: 10_000_000 }

const mostResident = 300 * MiB

const farm = makeFarm()
let remote: string[]
beforeAll(async () => {
  const addresses = Array.from(
    { length: many.hosts },
    (_, at) => `127.6.${process.pid % 200}.${at + 1}`,
  )
  const config = ['ListenAddress 0.0.0.0', 'MaxStartups 400']
  const { target } = await farm.start({ addresses: addresses.slice(0, 1), config })
  const state = writeInventory(
    farm.folder,
    addresses.map((address, at) => ({
      target: { ...target, name: `aruba-${at + 1}`, addresses: [address] },
    })),
  )
  const bin = resolve(import.meta.dirname, '../../../bin/dynfarm.ts')
  const common = ['--state', state, '-i', farm.identity.path, '-n', '-t', '60']
  remote = [process.execPath, bin, 'remote', 'exec', ...common]
})

/** How many bytes it printed, and how much memory was resident at most. */
async function measure(words: readonly string[]): Promise<{ printed: number; resident: number }> {
  const told = join(farm.folder, 'told')
  const line = `set -o pipefail; /usr/bin/time -q -f %M -o "$0" "$@" | wc -c`
  const args = ['-c', line, told, ...remote, ...words]
  const env = { ...process.env, DYNFARM_RUN: '/nowhere' }
  const { stdout } = await promisify(execFile)('bash', args, { env })
  return { printed: Number(stdout), resident: Number(readFileSync(told, 'utf8')) * 1024 }
}

/** No two hosts print the same, nor one the same twice. */
const print = (bytes: number) =>
  `set -- $SSH_CONNECTION; seq "\${3##*.}000000000" 999999999999 | head -c ${bytes}`

const views = { live: ['-N'], gathered: ['-b'], records: ['--json'] }
const cases: [name: string, hosts: string, least: number, view: readonly string[]][] = [
  ['much of one host, gathered', 'aruba-1', one, views.gathered],
  ['much of many hosts, as it comes', '@aruba', many.hosts * many.each, views.live],
]
const longCases: typeof cases = [
  ['much of one host, as it comes', 'aruba-1', one, views.live],
  ['much of many hosts, gathered', '@aruba', many.hosts * many.each, views.gathered],
  ['much of many hosts, as records', '@aruba', many.hosts * MiB, views.records],
]

test.each([...cases, ...(isLong ? longCases : [])])(
  '%s',
  async (_, hosts, least, view) => {
    const bytes = hosts === '@aruba' ? many.each : one
    const { printed, resident } = await measure([...view, '-w', hosts, print(bytes)])
    expect(printed).toBeGreaterThanOrEqual(least)
    expect(resident).toBeLessThan(mostResident)
  },
  900_000,
)
