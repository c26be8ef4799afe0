import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ce, type Lender, startLender } from './support.ts'

/** Where a user unpacked it. */
const folder = '/home/alice/my software'

/** What Debian brought of the two, and libraries that few machines have. */
const hide = `cd /usr; rm sbin/openvpn bin/slirp4netns
rm lib/x86_64-linux-gnu/libpkcs11-helper.so.1 lib/x86_64-linux-gnu/libslirp.so.0`

let lender: Lender

beforeAll(async () => {
  lender = await startLender({ tunnels: ['udp', 'tcp'], try: '3s' })
  await lender.host.must(['mkdir', folder], { ordinary: true })
  const unpack = ['tar', '-xz', '--strip-components=1', '-C', folder]
  await lender.host.must(unpack, { ordinary: true, input: packed() })
  await lender.host.must(['sh', '-c', hide])
  // A hundred megabytes are compressed.
}, 300_000)

afterAll(async () => {
  await lender?.centre.stop()
})

function packed(): Uint8Array {
  const made = mkdtempSync(join(tmpdir(), 'dynfarm-packed-'))
  try {
    execFileSync(process.execPath, ['scripts/lib/package.ts', made])
    expect(readdirSync(made)).toHaveLength(1)
    return readFileSync(join(made, readdirSync(made)[0] ?? ''))
  } finally {
    rmSync(made, { recursive: true })
  }
}

const run = (script: string) => {
  const argv = [`${folder}/dynfarm`, ...lender.argv([], ['sh', '-c', script]).slice(2)]
  return lender.host.run(argv, { ordinary: true, timeoutMs: 100_000 })
}

const reach = `ping -c1 -W5 ${ce} >/dev/null && echo ce`

test('every file is as the list of the tarball has it', async () => {
  const check = 'cd "$1" && sha256sum --check --quiet --strict SHA256SUMS && find . -type f | wc -l'
  const found = await lender.host.must(['sh', '-c', check, 'sh', folder])
  const list = await lender.host.read(`${folder}/SHA256SUMS`)
  expect(Number(found)).toBe(list.trim().split('\n').length + 1)
  expect(list).toContain('licences/openvpn.copyright')
})

test('without openvpn, slirp4netns and their libraries on the machine a job reaches the centre', async () => {
  const { code, stdout, stderr } = await run(`${reach}; exit 7`)
  expect({ code, stdout, stderr }).toMatchObject({ code: 7, stdout: 'ce\n' })
  expect(stderr).toMatch(/in mode "ns" by "udp"/)
})

test('a rung that does not do is left for the next one', async () => {
  const drop =
    'table inet closed { chain o { type filter hook output priority 0; udp dport 1194 drop; }; }'
  await lender.host.must(['nft', '-f', '-'], { input: drop })
  const { code, stdout, stderr } = await run(reach)
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: 'ce\n' })
  expect(stderr).toMatch(/rung "udp" does not do/)
  expect(stderr).toMatch(/in mode "ns" by "tcp"/)
})
