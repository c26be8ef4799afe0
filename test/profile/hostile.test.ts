import { execFileSync } from 'node:child_process'
import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadProfile } from '../../src/profile/load.ts'
import { renderProblems } from '../../src/profile/problem.ts'
import { withConfiguration } from './cases.ts'

const site = 'sites/hostile.yaml'
const sound = 'site: hostile\nnodes: 10.200.2.0/24\ntunnels: [wg]\nservices: []\n'

describe('a file that is no text', () => {
  it.each([
    [
      'a FIFO',
      (path: string) => void execFileSync('mkfifo', [path]),
      'is a FIFO, not a regular file',
    ],
    ['a folder', (path: string) => mkdir(path), 'is a folder, not a regular file'],
    ['a device', (path: string) => symlink('/dev/zero', path), 'is a device, not a regular file'],
    [
      'a link to itself',
      (path: string) => symlink(path, path),
      'is a symbolic link that leads in a circle',
    ],
    ['a link to nothing', (path: string) => symlink('nowhere', path), 'does not exist'],
    ['100 MB', (path: string) => sparse(path, 100_000_000), 'is larger than 512 KiB'],
    [
      'UTF-16',
      (path: string) => writeFile(path, '\ufeffsite: a', 'utf16le'),
      'the file is UTF-16, only UTF-8 is read',
    ],
    ['empty', (path: string) => writeFile(path, ''), 'the file is empty'],
  ])('%s', async (_, make, what) => {
    await withConfiguration([], async (dir) => {
      await make(join(dir, site))
      expect(await loadProfile(dir)).toMatchObject({ problems: [{ file: site, what }] })
    })
  })

  it.each([
    [
      'a FIFO',
      (path: string) => void execFileSync('mkfifo', [path]),
      '"files/x" is a FIFO, not a regular file',
    ],
    ['a huge file', (path: string) => sparse(path, 5_000_000), '"files/x" is larger than 4096 KiB'],
    [
      'a device',
      (path: string) => symlink('/dev/zero', path),
      '"files/x" leads out of the configuration folder',
    ],
    [
      'binary',
      (path: string) => writeFile(path, Buffer.from([0xff, 0x00])),
      '"files/x" is not UTF-8, so no templates can be filled in',
    ],
  ])('as a source: %s', async (_, make, what) => {
    const edits = [{ file: site, out: '', in: `${sound}files: [{ path: /x, source: files/x }]\n` }]
    await withConfiguration(edits, async (dir) => {
      await make(join(dir, 'files/x'))
      expect(await loadProfile(dir)).toMatchObject({ problems: [{ file: site, line: 5, what }] })
    })
  })

  it('a socket', async () => {
    await withConfiguration([], async (dir) => {
      const server = createServer().listen(join(dir, site))
      await new Promise((resolve) => server.once('listening', resolve))
      const { problems } = await loadProfile(dir)
      await new Promise((resolve) => server.close(resolve))
      expect(problems).toMatchObject([{ file: site, what: 'is a socket, not a regular file' }])
    })
  })

  it('sites/ itself is a file', async () => {
    await withConfiguration([], async (dir) => {
      await rm(join(dir, 'sites'), { recursive: true })
      await writeFile(join(dir, 'sites'), '')
      expect(await loadProfile(dir)).toEqual({
        problems: [{ file: 'sites', where: '', what: 'is not a folder' }],
      })
    })
  })
})

describe('a text that is no configuration', () => {
  const manyServices = lines(40_000, (i) => `s${i},`).replaceAll('\n', ' ')
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...[...'bcdefghi'].map(bombLine)].join('\n')

  it.each([
    [
      'invalid UTF-8',
      Buffer.from('site: a\nnodes: \xff', 'latin1'),
      '2:8: the file is not UTF-8 from here on',
    ],
    ['NUL', 'site: a\0b', '1:8: control character U+0000, which YAML does not allow'],
    [
      'an escape sequence',
      'site: a\n# \u001b[2J',
      '2:3: control character U+001B, which YAML does not allow',
    ],
    ['lists in lists', '['.repeat(10_000), '1:65: nested too deeply'],
    ['lists in lists, on lines', lines(99, (i) => `${' '.repeat(i)}-`), '64:65: nested too deeply'],
    ['maps in maps', '{a: '.repeat(10_000), '1:254: nested too deeply'],
    ['dashes', '- '.repeat(10_000), '1:128: nested too deeply'],
    ['question marks', '? '.repeat(10_000), '1:128: nested too deeply'],
    ['an alias bomb', bomb, '1:1: this file holds more than 100000 values, aliases included'],
    ['an alias of itself', '&a [*a]', '1:5: alias "*a" stands within its own anchor'],
    ['tabs', '\t'.repeat(100_000), '1:1: the file is empty'],
    ['nothing but new lines', '\n'.repeat(500_000), '1:1: the file is empty'],
    ['documents', '---\n'.repeat(100_000), '2:1: a second YAML document begins; a file holds one'],
    ['one long word', 'k'.repeat(500_000), `1:1: expected a map, found "${'k'.repeat(60)}…"`],
    ['very many keys', lines(20_000, (i) => `k${i}: 1`), '1:1: "site" is missing'],
    ['the same key very often', 'site: 1\n'.repeat(50_000), '1:1: "nodes" is missing'],
    [
      'very many items',
      `services: [${'A,'.repeat(110_000)}]`,
      '1:1: this file holds more than 100000 values, aliases included',
    ],
    ['very many bad items', `services: [${'A,'.repeat(50_000)}]`, '1:1: "site" is missing'],
    ['very many templates', `{content: "${'{{a}}'.repeat(90_000)}"}`, '1:1: "site" is missing'],
    [
      'very many unknown services',
      `${sound}classes: { a: { services: [${manyServices}] } }`,
      '5:28: classes/a/services/0: no service "s0" in centre.yaml',
    ],
    ['very many aliases', `x: &x 1\ny: [${'*x,'.repeat(99_000)}]`, '1:1: "site" is missing'],
    [
      'a key like the prototype',
      '__proto__: { polluted: 1 }\nconstructor: 5',
      '1:1: "site" is missing',
    ],
    [
      'a very long value',
      `${sound}try: ${'9'.repeat(400_000)}s`,
      `5:6: try: "${'9'.repeat(299)}… (a number above 0 and one of ms, s, m, h, d, w, y: "90s", "7d")`,
    ],
  ])('%s', async (_, text, problem) => {
    await withConfiguration([], async (dir) => {
      await writeFile(join(dir, site), text)
      const { problems } = await loadProfile(dir)
      const output = renderProblems(problems)
      expect(problems.every(({ file }) => file === site)).toBe(true)
      expect(output).toMatch(/^sites\/hostile\.yaml:/)
      expect(output).not.toMatch(/(?![\n\t])\p{Cc}/u)
      expect(output.length).toBeLessThan(200_000)
      expect(output.split('\n')[0]).toBe(`${site}:${problem}`)
    })
  })

  it('pollutes no prototype', async () => {
    const edits = [
      { file: site, out: '', in: `${sound}labels: { __proto__: x }\nhosts: { __proto__: [x] }\n` },
    ]
    const { problems } = await withConfiguration(edits, loadProfile)
    expect(problems).toMatchObject([
      { line: 6, what: '"__proto__" is not an IPv4 or IPv6 address' },
    ])
    expect({}).not.toHaveProperty('x')
  })
})

describe('any text', () => {
  const words = [
    'site',
    'nodes',
    'tunnels',
    'services',
    'hosts',
    'files',
    'classes',
    'content',
    'run',
    '<<',
  ]
  const marks = [
    ': ',
    '\n',
    '\n  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '&a ',
    '*a ',
    '"',
    "'",
    '|\n',
    '{{',
    '}}',
    '#',
    '\t',
  ]
  const values = [
    '10.200.1.0/24',
    '::1',
    '5',
    '0644',
    'true',
    'null',
    'wg',
    'lsf',
    '!!str ',
    '__proto__',
    '\u202e',
    '日',
  ]
  const piece = fc.constantFrom(...words, ...marks, ...values)
  const soup = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''))
  const mutated = fc
    .tuple(fc.nat(sound.length), fc.nat(20), soup)
    .map(([at, drop, text]) => sound.slice(0, at) + text + sound.slice(at + drop))

  it.each([
    ['of YAML pieces', soup],
    ['of any characters', fc.string({ unit: 'binary', maxLength: 200 })],
    ['near a sound one', mutated],
  ])('%s gives a profile or problems', async (_, arbitrary) => {
    await withConfiguration([], async (dir) => {
      const property = fc.asyncProperty(
        arbitrary,
        fc.constantFrom(site, 'centre.yaml'),
        async (text, file) => {
          await writeFile(join(dir, site), sound)
          await writeFile(join(dir, file), text)
          const { profile, problems } = await loadProfile(dir)
          expect(profile === undefined).toBe(problems.length > 0)
          expect(renderProblems(problems)).not.toMatch(/(?![\n\t])\p{Cc}/u)
        },
      )
      await fc.assert(property, { numRuns: 150 })
    })
  })
})

async function sparse(path: string, size: number): Promise<void> {
  await writeFile(path, '')
  await truncate(path, size)
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n')
}

function bombLine(name: string, index: number): string {
  const previous = 'abcdefghi'[index]
  return `${name}: &${name} [${Array(9).fill(`*${previous}`).join(',')}]`
}
