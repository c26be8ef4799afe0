import { readdirSync, readFileSync } from 'node:fs'
import { chmod, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemFault } from '../../src/profile/load/read.ts'
import { loadProfile } from '../../src/profile/load.ts'
import { renderProblems } from '../../src/profile/problem.ts'
import { parseCases, soundFolder, withConfiguration } from './cases.ts'

const brokenFolder = join(import.meta.dirname, 'broken')

describe.each(readdirSync(brokenFolder))('%s', (file) => {
  const cases = parseCases(readFileSync(join(brokenFolder, file), 'utf8'))

  it.each(cases)('$title', async ({ edits, expected }) => {
    const { problems, profile } = await withConfiguration(edits, loadProfile)
    expect(renderProblems(problems)).toBe(expected)
    expect(profile).toBeUndefined()
  })
})

// Root, who wrote the file, may read it: whoever reads this has to see that it was somebody else.
it('names the user who may not read a file', () => {
  const error = Object.assign(new Error('no'), { syscall: 'open', code: 'EACCES' })
  const what = `cannot be read by user ${process.geteuid?.()}: permission denied`
  expect(systemFault(error)).toEqual({ what })
})

describe('a sound configuration', () => {
  it.each([soundFolder, join(import.meta.dirname, '../../configs')])('%s', async (dir) => {
    const { problems, profile } = await loadProfile(dir)
    expect(renderProblems(problems)).toBe('')
    expect(profile).toBeDefined()
  })

  it('has the defaults filled in, and its sites by name', async () => {
    const { profile } = await loadProfile(soundFolder)
    expect(profile?.centre.server.listen).toBe('[::]:8443')
    expect(profile?.centre.services['ce']?.link).toBe('gre')
    expect([...(profile?.sites.keys() ?? [])]).toEqual(['aruba'])
    expect(profile?.sites.get('aruba')).toMatchObject({
      limits: { nodes: 160 },
      release: { version: 'latest', update: 'self' },
      'forget-after': '7d',
      files: [{ path: '/etc/motd', secret: false, template: true, absent: false }],
    })
  })

  it('has the content of every file it names', async () => {
    const { profile } = await loadProfile(soundFolder)
    expect([...(profile?.contents.keys() ?? [])].sort()).toEqual(['files/motd', 'keys/anna.pub'])
    expect(Buffer.from(profile?.contents.get('files/motd') ?? []).toString()).toBe(
      'Welcome to {{node.name}}.\n',
    )
  })

  it('says where each value is written', async () => {
    const { profile } = await loadProfile(soundFolder)
    const source = (path: (string | number)[]) => profile?.source('sites/aruba.yaml', path)
    expect(source(['limits', 'nodes'])).toEqual({ line: 3, column: 18 })
    expect(source(['files', 0, 'path'])).toEqual({ line: 7, column: 13 })
    expect(source(['files', 0])).toEqual({ line: 7, column: 5 })
    expect(source(['forget-after'])).toBeUndefined()
    expect(profile?.source('sites/none.yaml', [])).toBeUndefined()
  })

  it('may have a byte order mark and the line ends of Windows', async () => {
    await withConfiguration([], async (dir) => {
      const path = join(dir, 'sites/aruba.yaml')
      const text = (await readFile(path, 'utf8')).replaceAll('\n', '\r\n')
      await writeFile(path, `\ufeff${text}`)
      expect(await rendered(dir)).toBe('')
      await writeFile(path, `\ufeff${text.replace('[lsf, ce]', '[lsf, cee]')}`)
      expect(await rendered(dir)).toMatch(
        /^sites\/aruba\.yaml:5:17: .*\n {2}services: \[lsf, cee\]\n {18}\^\n$/,
      )
    })
  })

  it('may bring values by anchors and merge keys', async () => {
    const text = `site: azure
nodes: 10.200.2.0/24
tunnels: &ladder [wg, tcp]
services: []
classes:
  one: &one { labels: { a: x, b: x } }
  two: { <<: *one, services: [ce] }
  three: { <<: [{ services: [lsf] }, { services: [ce], hostname: set }], labels: {} }
`
    const edits = [{ file: 'sites/azure.yaml', out: '', in: text }]
    await withConfiguration(edits, async (dir) => {
      const { profile, problems } = await loadProfile(dir)
      expect(renderProblems(problems)).toBe('')
      expect(profile?.sites.get('azure')?.classes).toEqual({
        one: { labels: { a: 'x', b: 'x' } },
        two: { labels: { a: 'x', b: 'x' }, services: ['ce'] },
        three: { labels: {}, services: ['lsf'], hostname: 'set' },
      })
      const path = ['classes', 'two', 'labels', 'b']
      expect(profile?.source('sites/azure.yaml', path)).toEqual({ line: 6, column: 34 })
    })
  })

  it('may have its sites, but not its sources, elsewhere by symbolic links', async () => {
    await withConfiguration([], async (dir) => {
      await symlink(join(soundFolder, 'sites/aruba.yaml'), join(dir, 'sites/copy.yaml'))
      await symlink(join(soundFolder, 'files/motd'), join(dir, 'files/elsewhere'))
      await symlink('motd', join(dir, 'files/here'))
      const files =
        '\n  - { path: /a, source: files/elsewhere }\n  - { path: /b, source: files/here }'
      const path = join(dir, 'sites/aruba.yaml')
      await writeFile(path, (await readFile(path, 'utf8')).replace('files:', `files:${files}`))
      expect((await loadProfile(dir)).problems.map(({ file, what }) => `${file}: ${what}`)).toEqual(
        [
          'sites/aruba.yaml: "files/elsewhere" leads out of the configuration folder',
          'sites/copy.yaml: site "aruba" belongs into the file "sites/aruba.yaml"',
          'sites/copy.yaml: 10.200.1.0/24 is the nodes of sites/aruba.yaml already',
        ],
      )
    })
  })

  it('has private keys that others cannot read', async () => {
    const edits = [{ file: 'keys/server-ca.key', out: '', in: 'secret' }]
    await withConfiguration(edits, async (dir) => {
      await chmod(join(dir, 'keys/server-ca.key'), 0o640)
      expect(await rendered(dir)).toBe('')
      await chmod(join(dir, 'keys/server-ca.key'), 0o602)
      expect(await rendered(dir)).toContain('others have access to this private key (mode 0602)')
    })
  })
})

describe('no configuration', () => {
  it.each([
    ['/nowhere/at/all', 'configuration folder "/nowhere/at/all" does not exist'],
    [join(soundFolder, 'centre.yaml'), /^configuration folder ".*" is not a folder$/],
    [join(soundFolder, 'sites'), /^no "centre.yaml" in ".*sites"$/],
  ])('%s', async (dir, message) => {
    await expect(loadProfile(dir)).rejects.toThrow(message)
    await expect(loadProfile(dir)).rejects.toMatchObject({ code: 'config-missing' })
  })
})

async function rendered(dir: string): Promise<string> {
  return renderProblems((await loadProfile(dir)).problems)
}

it.each([
  ['the server has another address too', 'urls: [https://192.0.2.22:8443, https://192.0.2.2:8443]'],
  ['the tunnels have an address of their own', 'urls: [https://hub1.example.org:8443]'],
  ['no site has the service', 'urls: [https://192.0.2.30:8443]'],
])('a service may be where a hub or the server is when %s', async (_, urls) => {
  const edits = [
    { file: 'centre.yaml', out: '  urls: [https://hub1.example.org:8443]\n', in: `  ${urls}\n` },
    {
      file: 'centre.yaml',
      out: 'hub1: { public: 203.0.113.10, inner: 10.200.0.1, local: 192.0.2.10 }',
      in: 'hub1: { public: 203.0.113.10, inner: 10.200.0.1, local: 192.0.2.10 }\n  hub2: { public: 203.0.113.11, inner: 10.200.0.2, local: 192.0.2.11 }',
    },
    {
      file: 'centre.yaml',
      out: 'lsf: { address: 192.0.2.21,',
      in: 'nas: { address: 192.0.2.30, from-nodes: [icmp], to-nodes: any }\n  lsf: { address: 203.0.113.11, link: local, hubs: [hub2],',
    },
  ]
  const { problems } = await withConfiguration(edits, loadProfile)
  expect(renderProblems(problems)).toBe('')
})
