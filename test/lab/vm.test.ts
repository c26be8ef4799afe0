import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { qemuCommand } from './vm/qemu.ts'
import { untilMark } from './vm/until-mark.ts'

function vm(...argv: string[]) {
  const script = new URL('../../scripts/vm', import.meta.url).pathname
  return execa(script, argv, { reject: false, stripFinalNewline: false, encoding: 'latin1' })
}

test('one boot: modules, systemd, bytes, arguments, both outputs, a code', async () => {
  const odd = ['a b', "it's", '"', '--', '-x', '', 'two\nlines', '$HOME `id` *', '\\']
  const script = `
    for module in gre ip_gre ip6_gre wireguard vxlan nf_tables tun veth; do modprobe $module; done
    systemctl is-system-running >&2
    head -c 1000000 /dev/zero | tr '\\0' '\\377'
    printf '%s\\1' "$@"
    exit 37`
  const { stdout, stderr, exitCode } = await vm('sh', '-c', script, 'sh', ...odd)
  expect(stderr).toBe('running\n')
  expect(stdout.length).toBe(1_000_000 + `${odd.join('\u0001')}\u0001`.length)
  expect(stdout.replace(/^\u00ff+/, '')).toBe(`${odd.join('\u0001')}\u0001`)
  expect(exitCode).toBe(37)
})

test('a second boot: a signal is 128 and its number, and the tree is whole', async () => {
  const script = 'node_modules/node/bin/node -p 6*7; test -f package.json; kill -SEGV $$'
  expect(await vm('sh', '-c', script)).toMatchObject({ exitCode: 139, stdout: '42\n', stderr: '' })
})

test('what runs over its time is ended, and nothing of the run stays', async () => {
  expect(await vm('--timeout', '3', 'sleep', '1000')).toMatchObject({ exitCode: 124, stdout: '' })
  const cache = process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? '', '.cache')
  const mine = readdirSync(join(cache, 'dynfarm/vm/runs'))
  expect(mine).toEqual([])
})

test.each([[['--timeout', 'soon', 'true']], [['--timeout', '-1', 'true']], [[]], [['--fly', 'x']]])(
  'refuses %j',
  async (argv) => {
    expect(await vm(...argv)).toMatchObject({ exitCode: 64, stdout: '' })
  },
)

describe('untilMark', () => {
  const mark = Buffer.from('\u0001abc')
  test.each([
    [['text\u0001abc'], 'text'],
    [['te', 'xt\u0001', 'ab', 'c', 'more'], 'text'],
    [['a\u0001ab', 'd\u0001abc'], 'a\u0001abd'],
    [['\u0001\u0001abc'], '\u0001'],
    [['\u0001abc'], ''],
  ])('of %j is %j', async (chunks, wanted) => {
    expect(await collect(chunks, mark)).toBe(wanted)
  })

  test('that never comes is an error', async () => {
    await expect(collect(['text\u0001ab'], mark)).rejects.toThrow('cut off')
  })
})

test('a comma in a path is none between options of a drive', () => {
  const image = { kernel: 'k', initrd: 'i', disk: '/a,b' }
  const argv = qemuCommand({ image, disks: [], console: 'c' })
  expect(argv).toContain('file=/a,,b,format=raw,if=virtio,snapshot=on')
})

async function collect(chunks: string[], mark: Buffer): Promise<string> {
  async function* source() {
    for (const chunk of chunks) yield Buffer.from(chunk)
  }
  const parts: Buffer[] = []
  for await (const part of untilMark(source(), mark)) parts.push(part)
  return Buffer.concat(parts).toString()
}
