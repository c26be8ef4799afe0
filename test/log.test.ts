import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type LogOptions, makeLog } from '../src/log.ts'
import { KeptStream } from './fakes/stream.ts'

interface Written {
  out: string
  err: string
}

function logged(options: Partial<LogOptions> & { isTTY?: boolean } = {}): Written {
  const [stdout, stderr] = [new KeptStream(options), new KeptStream(options)]
  const log = makeLog({ stdout, stderr, env: {}, ...options })
  log.data('data\n')
  log.error('bad\n  a hint')
  log.warn('odd')
  log.info('told')
  log.debug('deep')
  return { out: stdout.text, err: stderr.text }
}

describe('in a shell', () => {
  test('data goes to stdout, what is said to stderr with our name', () => {
    expect(logged()).toEqual({
      out: 'data\n',
      err: 'dynfarm: bad\n  a hint\ndynfarm: odd\ndynfarm: told\n',
    })
  })

  test('--quiet keeps warnings and errors, -v adds detail', () => {
    expect(logged({ quiet: true }).err).toBe('dynfarm: bad\n  a hint\ndynfarm: odd\n')
    expect(logged({ verbose: true }).err).toContain('dynfarm: deep\n')
  })

  test('colour only on a terminal, and never with NO_COLOR, --no-color or a dumb one', () => {
    expect(logged({ isTTY: true }).err).toContain('\u001b[31mdynfarm: bad')
    for (const plain of [
      {},
      { isTTY: true, colour: false },
      { isTTY: true, env: { NO_COLOR: '1' } },
    ]) {
      expect(logged(plain).err).not.toContain('\u001b')
    }
    expect(logged({ isTTY: true, env: { TERM: 'dumb' } }).err).not.toContain('\u001b')
    expect(logged({ isTTY: true, env: { NO_COLOR: '' } }).err).toContain('\u001b')
  })
})

describe("in systemd's journal", () => {
  const folder = mkdtempSync(join(tmpdir(), 'dynfarm-log-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  function journalled(stream: string): string {
    const file = join(folder, 'journal')
    const fd = openSync(file, 'w')
    const { dev, ino } = fstatSync(fd)
    const stderr = { fd, isTTY: true, write: (text: string) => writeSync(fd, text) }
    logged({
      stderr,
      env: { JOURNAL_STREAM: stream.replace('own', `${dev}:${ino}`) },
      verbose: true,
    })
    closeSync(fd)
    return readFileSync(file, 'utf8')
  }

  test('every line carries its priority, without name and colour', () => {
    expect(journalled('own')).toBe('<3>bad\n<3>  a hint\n<4>odd\n<6>told\n<7>deep\n')
  })

  test('but not when stderr was redirected elsewhere', () => {
    expect(journalled('1:2')).toContain('dynfarm: bad')
  })
})

test('foreign text in what is said loses its power over a terminal', () => {
  const stderr = new KeptStream()
  makeLog({ stdout: stderr, stderr, env: {} }).error('a\u001b[2Jb\tc\nd\u009b\r\u202e\u200b')
  expect(stderr.text).toBe('dynfarm: a\\u{1b}[2Jb\tc\nd\\u{9b}\\u{d}\\u{202e}\\u{200b}\n')
})

test('progress is one line of a terminal, without power, and nowhere else', () => {
  const shown = (isTTY: boolean, quiet = false) => {
    const stderr = new KeptStream({ isTTY })
    makeLog({ stdout: new KeptStream(), stderr, env: {}, quiet }).progress('a\u001b[31m')
    return stderr.text
  }
  expect(shown(true)).toBe('\ra\\u{1b}[31m\u001b[K')
  expect([shown(false), shown(true, true)]).toEqual(['', ''])
})

test('progress is no longer than a line of the terminal', () => {
  const stderr = Object.assign(new KeptStream({ isTTY: true }), { columns: 5 })
  makeLog({ stdout: new KeptStream(), stderr, env: {} }).progress('1 of 20')
  expect(stderr.text).toBe('\r1 of\u001b[K')
})

test('progress makes room for whatever else is said', async () => {
  const stderr = new KeptStream({ isTTY: true })
  const log = makeLog({ stdout: new KeptStream(), stderr, env: {}, colour: false })
  log.progress('1 of 2')
  log.warn('so far')
  log.warn('so good')
  log.progress('2 of 2')
  await log.stream(Buffer.from('x\n'), 'stderr')
  log.progress('')
  log.info('done')
  const room = '\r\u001b[K'
  const told = ['\r1 of 2\u001b[K', room, 'dynfarm: so far\n', 'dynfarm: so good\n']
  const rest = ['\r2 of 2\u001b[K', room, 'x\n', '\r\u001b[K', 'dynfarm: done\n']
  expect(stderr.text).toBe([...told, ...rest].join(''))
})
