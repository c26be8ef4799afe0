import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { fileScript } from '../../../src/remote/far-side/copy-scripts.ts'

const folder = mkdtempSync(join(tmpdir(), 'dynfarm-file-'))
const content = Buffer.from('a large file '.repeat(10_000))
const hash = createHash('sha256').update(content).digest('hex')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Given {
  /** What came before. */
  before?: string
  /** What comes now, instead of the rest. */
  sent?: Buffer
}

test.each<[string, Given, object]>([
  ['whole', {}, { code: 0, said: '', names: ['file'] }],
  ['after what came before', { before: 'a large file ' }, { code: 0, said: '', names: ['file'] }],
  [
    'after something else',
    { before: 'a Large file ' },
    { code: 5, said: 'the hash is another one\n', names: [] },
  ],
  [
    'too short',
    { sent: content.subarray(1) },
    { code: 1, said: 'it came to its end too early\n', names: [`.dynfarm-${hash}`] },
  ],
  [
    'changed',
    { sent: Buffer.alloc(content.length) },
    { code: 5, said: 'the hash is another one\n', names: [] },
  ],
  [
    'too long',
    { sent: Buffer.concat([content, content]) },
    { code: 5, said: 'the hash is another one\n', names: [] },
  ],
])('a file that comes %s', async (name, { before = '', sent }, ended) => {
  const top = join(folder, name)
  mkdirSync(join(top, `.dynfarm-${hash}`), { recursive: true })
  writeFileSync(join(top, `.dynfarm-${hash}`, 'file'), before)
  const script = start(top, before.length)
  script.stdin.end(sent ?? content.subarray(before.length))
  expect({ ...(await script.ended), names: readdirSync(top) }).toEqual(ended)
  if (existsSync(join(top, 'file')))
    expect(readFileSync(join(top, 'file')).equals(content)).toBe(true)
})

test.each([
  ['when it was just made', '0.2', 600],
  ['while it comes', '0', 0],
])(
  'a file that another copy took the place of %s is left to that one',
  async (when, pause, gone) => {
    const top = join(folder, when)
    mkdirSync(top)
    const tools = mkdtempSync(join(folder, 'tools-'))
    writeFileSync(join(tools, 'tee'), slowTee(pause), { mode: 0o755 })
    const place = join(top, `.dynfarm-${hash}`)
    const script = start(top, 0, `${tools}:${process.env.PATH}`)
    script.stdin.write(content.subarray(0, 1000))
    while (!existsSync(join(place, 'file'))) await sleep(10)
    rmSync(place, { recursive: true })
    await sleep(gone)
    mkdirSync(place)
    writeFileSync(join(place, 'file'), Buffer.alloc(content.length))
    script.stdin.end(content.subarray(1000))
    expect(await script.ended).toEqual({ code: 1, said: 'another copy of it is under way\n' })
    expect(readdirSync(top)).toEqual([`.dynfarm-${hash}`])
  },
)

/** Begins what it has to write a moment later. */
const slowTee = (pause: string) => `#!/bin/sh\nPATH=\${PATH#*:}\nsleep ${pause}\nexec tee "$@"\n`

function start(top: string, offset: number, PATH = process.env.PATH) {
  const facts = [hash, content.length, offset, '644', 1_000_000_000, 1].map(String)
  const child = spawn('/bin/sh', ['-c', fileScript, 'dynfarm', top, ...facts], {
    env: { ...process.env, PATH },
  })
  child.stdin.on('error', () => undefined).write('p :./file:\n')
  let said = ''
  child.stderr.on('data', (bytes) => {
    said += bytes
  })
  const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, said })),
  )
  return { stdin: child.stdin, ended }
}
