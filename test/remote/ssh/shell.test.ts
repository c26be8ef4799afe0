import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { beforeAll, describe, expect, test } from 'vitest'
import { dynfarm } from '../../fakes/edge.ts'
import { KeptStream } from '../../fakes/stream.ts'
import { remoteExec } from './support/exec.ts'
import { makeFarm } from './support/hosts.ts'
import { childrenOf, commandOf, until } from './support/processes.ts'
import { type Relay, startRelay } from './support/relay.ts'
import type { Host } from './support/sshd.ts'

const farm = makeFarm()
let host: Host
let relay: Relay
let words: string[]

beforeAll(async () => {
  host = await farm.start({ name: 'aruba-1' })
  relay = await startRelay(host.target)
  const far = { ...relay.target, name: 'aruba-2' }
  const dead = { ...host.target, name: 'aruba-3', port: 1 }
  remoteExec(farm, [{ target: host.target }, { target: far }, { target: dead }])
  words = ['remote', 'shell', '--state', join(farm.folder, 'state'), '-i', farm.identity.path]
  return () => relay.close()
})

const env = { DYNFARM_RUN: '/nowhere' }
const shell = (node: string, text: string) =>
  dynfarm([...words, node], { stdin: Readable.from([Buffer.from(text)]), env })

/** Keys and screen of a person. */
function makeTerminal() {
  const raw: boolean[] = []
  const listeners = new Set<() => void>()
  const setRawMode = (isRaw: boolean) => raw.push(isRaw)
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode })
  const stdout = Object.assign(new KeptStream(), { isTTY: true, rows: 33, columns: 77 })
  const screen = Object.assign(stdout, {
    on: (_: 'resize', listener: () => void) => listeners.add(listener),
    off: (_: 'resize', listener: () => void) => listeners.delete(listener),
  })
  const resize = (rows: number, columns: number) => {
    Object.assign(stdout, { rows, columns })
    for (const listener of listeners) listener()
  }
  const shows = (text: string) => until(() => stdout.text.includes(text))
  return { stdin, stdout: screen, raw, resize, listeners, shows }
}

describe('without a terminal', () => {
  test('the shell reads its input and gives its exit code', async () => {
    const ran = await shell('aruba-1', 'tty; echo "to stdout"; echo "to stderr" >&2; exit 7\n')
    expect(ran).toMatchObject({
      code: 7,
      stdout: expect.stringContaining('not a tty\nto stdout\n'),
    })
    expect(ran.stderr).toContain('to stderr\n')
    expect((await shell('aruba-1', 'kill -9 $$\n')).code).toBe(137)
  })

  test('what is no node, or more than one, is refused', async () => {
    expect((await shell('aruba-9', '')).code).toBe(64)
    expect((await shell('aruba-[1-2]', '')).stderr).toContain('is 2 nodes, and a shell is on one')
    const dead = await shell('aruba-3', '')
    expect(dead.code).toBe(4)
    expect(dead.stderr).toContain('aruba-3: unreachable: 127.')
  })
})

describe('on a terminal', () => {
  test('it has its size, follows it, and takes every key', async () => {
    const { stdin, stdout, raw, resize, listeners, shows } = makeTerminal()
    const ended = dynfarm([...words, 'aruba-1'], { stdin, stdout, env })
    stdin.write('stty size\n')
    await shows('33 77')
    resize(44, 99)
    stdin.write('stty size\n')
    await shows('44 99')
    stdin.write('sleep 1000; echo status=$?\n')
    await shows('sleep 1000')
    await until(() => isAsleep())
    stdin.write('\u0003')
    stdin.write('echo went-$((1 + 1))\n')
    await shows('went-2')
    stdin.write('exit 5\n')
    expect((await ended).code).toBe(5)
    expect([raw, listeners.size]).toEqual([[true, false], 0])
  })

  test('a lost connection gives the terminal back', async () => {
    const { stdin, stdout, raw, shows } = makeTerminal()
    const ended = dynfarm([...words, 'aruba-2'], { stdin, stdout, env })
    stdin.write('echo up-$((1 + 1))\n')
    await shows('up-2')
    relay.reset()
    const { code, stderr } = await ended
    expect([code, raw]).toEqual([4, [true, false]])
    expect(stderr).toContain('aruba-2: lost: ')
  })

  test.each(['SIGTERM', 'a hangup'])('%s gives it back too', async (how) => {
    const { stdin, stdout, raw, shows } = makeTerminal()
    let tell: (signal: NodeJS.Signals) => void = () => undefined
    const keep = (listener: typeof tell) => {
      tell = listener
    }
    const listening =
      how === 'SIGTERM'
        ? { onInterrupt: keep }
        : { onHangup: (listener: () => void) => keep(listener) }
    const ended = dynfarm([...words, 'aruba-1'], { stdin, stdout, env, ...listening })
    stdin.write('echo up-$((1 + 1))\n')
    await shows('up-2')
    tell('SIGTERM')
    expect((await ended).code).toBe(4)
    expect(raw).toEqual([true, false])
  })

  test('a real one is as before', async () => {
    const bin = resolve(import.meta.dirname, '../../../bin/dynfarm.ts')
    const line = [process.execPath, bin, ...words, 'aruba-1'].map((word) => `'${word}'`).join(' ')
    const file = join(farm.folder, 'session')
    writeFileSync(file, `stty -a >"$0.before"; ${line}; echo $? >"$0.code"; stty -a >"$0.after"`)
    const typed = `tty > ${file}.tty; exit 9\n`
    await new Promise<void>((resolve, reject) => {
      const args = ['-qec', `sh ${file}`, '/dev/null']
      const child = execFile('script', args, { env: { ...process.env, ...env } }, (error) =>
        error ? reject(error) : resolve(),
      )
      child.stdin?.end(typed)
    })
    const read = (end: string) => readFileSync(`${file}.${end}`, 'utf8')
    expect(read('code')).toBe('9\n')
    expect(read('tty')).toMatch(/^\/dev\/pts\/\d+\n$/)
    expect(read('after')).toBe(read('before'))
  })
})

function isAsleep(): boolean {
  const tree = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(tree)]
  return tree(host.pid).some((pid) => commandOf(pid).startsWith('sleep'))
}
