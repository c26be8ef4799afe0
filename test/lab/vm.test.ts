import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runMachine } from './vm/machine.ts'
import { onceMore } from './vm/once-more.ts'

const vm = join(import.meta.dirname, '../../scripts/vm')

function run(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(vm, argv, { encoding: 'utf8', maxBuffer: 2 ** 24 })
  return { status, stdout, stderr }
}

test('a full kernel and systemd, and the executable; words and output arrive whole, a signal is 128 and its number', {
  // Where there is no image yet, it is built.
  timeout: 600_000,
}, () => {
  const script = `
    set -e
    for module in ip_gre ip6_gre wireguard vxlan tun nf_tables; do modprobe $module; done
    systemctl is-system-running
    dist/dynfarm --version
    dist/dynfarm check configs
    head -c 1000000 /dev/zero | tr '\\0' x
    printf '\\n'
    printf '<%s>' "$@"
    kill -SEGV $$`
  const words = ['a b', 'q\'"', 'new\nline', '', '--timeout', '$HOME']
  const { status, stdout, stderr } = run('sh', '-c', script, 'sh', ...words)
  const [state, version, bulk = '', ...given] = stdout.split('\n')
  expect(stderr).toContain('dynfarm: no problems in "configs": the centre and 3 sites\n')
  expect(state).toBe('running')
  expect(version).toMatch(/^dynfarm \d+\.\d+\.\d+ \(/)
  expect(bulk).toBe('x'.repeat(1_000_000))
  expect(given.join('\n')).toBe(words.map((word) => `<${word}>`).join(''))
  expect(status).toBe(139)
})

test('a machine that crashed is started once more, and no third time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dynfarm-vm-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const disk = join(folder, 'disk.img')
  writeFileSync(disk, Buffer.alloc(1024))
  const image = { kernel: disk, initrd: disk, disk, modules: disk }
  const about = {
    image,
    tree: disk,
    timeoutSeconds: 60,
    stdout: process.stdout,
    stderr: process.stderr,
  }
  const signal = new AbortController().signal
  const starts: number[] = []
  const started = (pid: number) => {
    starts.push(pid)
    process.kill(pid, 'SIGSEGV')
  }
  const said: string[] = []
  const run = onceMore(
    () => runMachine({ ...about, signal, started }),
    (text) => said.push(text),
  )
  await expect(run).rejects.toThrow('QEMU crashed')
  expect(starts).toHaveLength(2)
  expect(said).toEqual(['vm: QEMU crashed; it is started once more'])
})

test('a command that does not end is ended, and a wrong call is told', () => {
  const late = run('--timeout', '3', 'sleep', '1000')
  expect(late.status).toBe(125)
  expect(late.stderr).toContain('ran over 3 s')
  expect(run('--timeout', 'soon', 'true')).toMatchObject({ status: 64, stdout: '' })
})
