import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'

const vm = join(import.meta.dirname, '../../scripts/vm')

function run(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(vm, argv, { encoding: 'utf8', maxBuffer: 2 ** 24 })
  return { status, stdout, stderr }
}

beforeAll(() => {
  // Builds the image where there is none yet.
  expect(run('true').status).toBe(0)
}, 600_000)

test('a full kernel and systemd, and the executable as it is in a minimal system', () => {
  const script = `
    set -e
    for module in ip_gre ip6_gre wireguard vxlan tun nf_tables; do modprobe $module; done
    systemctl is-system-running
    dist/dynfarm --version
    dist/dynfarm check configs
    head -c 1000000 /dev/zero | tr '\\0' x
    exit 37`
  const { status, stdout, stderr } = run('sh', '-c', script)
  const [state, version, bulk = ''] = stdout.split('\n')
  expect(stderr).toBe('dynfarm: no problems in "configs": the centre and 3 sites\n')
  expect(state).toBe('running')
  expect(version).toMatch(/^dynfarm \d+\.\d+\.\d+ \(/)
  expect(bulk).toBe('x'.repeat(1_000_000))
  expect(status).toBe(37)
})

test('arguments arrive as they were given, and a signal is 128 and its number', () => {
  const words = ['a b', 'q\'"', 'new\nline', '', '--timeout', '$HOME']
  const { status, stdout } = run('sh', '-c', 'printf "<%s>" "$@"; kill -SEGV $$', 'sh', ...words)
  expect(stdout).toBe(words.map((word) => `<${word}>`).join(''))
  expect(status).toBe(139)
})

test('a command that does not end is ended, and a wrong call is told', () => {
  const late = run('--timeout', '3', 'sleep', '1000')
  expect(late.status).toBe(125)
  expect(late.stderr).toContain('ran over 3 s')
  expect(run('--timeout', 'soon', 'true')).toMatchObject({ status: 64, stdout: '' })
})
