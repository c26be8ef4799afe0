import { describe, expect, test } from 'vitest'
import { type CloudInitWanted, DROP_IN, planCloudInit } from '../../src/site/cloud-init.ts'
import { isTrue, whatIsSaid } from '../../src/site/cloud-init-config.ts'
import { machineFiles, templateFile } from '../../src/site/cloud-init-files.ts'
import { fileOf, written } from './support/text.ts'

const wanted: CloudInitWanted = {
  node: { name: 'aruba-1', fqdn: 'aruba-1.example.org', addresses: ['10.200.1.1'] },
  hosts: [{ address: '10.200.1.1', names: ['aruba-1.example.org', 'aruba-1'] }],
  hostname: 'keep',
}

interface Case {
  instance?: string
  machine?: string[]
  dropIn?: string
  template?: string
  takesDropIns?: boolean
}

function observed(is: Case) {
  return {
    instance: is.instance === undefined ? [] : [fileOf(is.instance)],
    machine: (is.machine ?? ['preserve_hostname: false\n']).map((text) => fileOf(text)),
    takesDropIns: is.takesDropIns ?? true,
    dropIn: is.dropIn === undefined ? undefined : fileOf(is.dropIn),
    template:
      is.template === undefined ? undefined : { path: '/t/hosts.tmpl', file: fileOf(is.template) },
  }
}

const plan = (is: Case, want: CloudInitWanted | undefined = wanted) =>
  planCloudInit(want, observed(is))
const HEAD = '# written by dynfarm join\n'
const both = '#cloud-config\n---\nmanage_etc_hosts: true\n...\n'
const block = `# begin: lines of dynfarm #dynfarm#
10.200.1.1 aruba-1.example.org aruba-1 #dynfarm#
# end #dynfarm#
`

describe('cloud-init is kept off', () => {
  test.each<[string, Case, 'set' | 'keep', string | undefined]>([
    ['nothing to fear', {}, 'keep', undefined],
    ['the name', {}, 'set', `${HEAD}preserve_hostname: true\n`],
    ['the name is safe', { machine: ['preserve_hostname: yes'] }, 'set', undefined],
    ['no cloud-init', { machine: [] }, 'set', undefined],
    ['no folder for it', { takesDropIns: false }, 'set', undefined],
    ['hosts', { machine: ['manage_etc_hosts: True'] }, 'keep', `${HEAD}manage_etc_hosts: false\n`],
    [
      'hosts by a line',
      { machine: ['manage_etc_hosts: localhost'] },
      'keep',
      `${HEAD}manage_etc_hosts: false\n`,
    ],
    [
      'both',
      { machine: ['manage_etc_hosts: template'] },
      'set',
      `${HEAD}manage_etc_hosts: false\npreserve_hostname: true\n`,
    ],
    [
      'an earlier file says no',
      { machine: ['manage_etc_hosts: off', 'manage_etc_hosts: true'] },
      'keep',
      undefined,
    ],
    [
      'user-data says no',
      { instance: 'manage_etc_hosts: false', machine: ['manage_etc_hosts: true'] },
      'keep',
      undefined,
    ],
    [
      'another hand has the file',
      { dropIn: 'x: 1\n', machine: ['manage_etc_hosts: true'] },
      'keep',
      undefined,
    ],
    [
      'an older one',
      { dropIn: `${HEAD}preserve_hostname: true\n`, machine: ['manage_etc_hosts: true'] },
      'keep',
      `${HEAD}manage_etc_hosts: false\n`,
    ],
    ['a needless one', { dropIn: `${HEAD}preserve_hostname: true\n` }, 'keep', null as never],
  ])('%s', (_, is, hostname, content) => {
    const steps = plan(is, { ...wanted, hostname })
    expect(written(steps.map((step) => ({ ...step })))).toBe(content)
    if (typeof content !== 'string') return
    expect(steps).toMatchObject([{ path: DROP_IN, mode: 0o644 }])
    expect(plan({ ...is, dropIn: content }, { ...wanted, hostname })).toEqual([])
    expect(planCloudInit(undefined, observed({ ...is, dropIn: content }))).toMatchObject([
      { path: DROP_IN, content: null },
    ])
  })

  test('by its template where the user-data wins over every drop-in', () => {
    const is = { instance: both, template: '## template:jinja\n{# a -#}\n127.0.1.1 {{fqdn}}\n' }
    const steps = plan(is)
    expect(steps.map((step) => 'path' in step && step.path)).toEqual([DROP_IN, '/t/hosts.tmpl'])
    const template = written(steps.slice(1)) ?? ''
    expect(template).toBe(`## template:jinja\n${block}{# a -#}\n127.0.1.1 {{fqdn}}\n`)
    const now = { ...is, template, dropIn: `${HEAD}manage_etc_hosts: false\n` }
    expect(plan(now)).toEqual([])
    expect(written(planCloudInit(undefined, observed(now)).slice(1))).toBe(is.template)
  })

  test('by a block that stays where somebody put it', () => {
    const template = `## template:jinja\n127.0.1.1 {{fqdn}}\n${block}`
    const dropIn = `${HEAD}manage_etc_hosts: false\n`
    expect(plan({ instance: both, template, dropIn })).toEqual([])
  })

  test("another hand's drop-in of that name is not removed", () => {
    expect(plan({ dropIn: 'x: 1\n' })).toEqual([])
    expect(planCloudInit(undefined, observed({ dropIn: 'x: 1\n' }))).toEqual([])
  })

  test.each<[string, Case]>([
    ['it adds a line only', { instance: 'manage_etc_hosts: localhost' }],
    ['the machine says so, and the drop-in wins', { machine: ['manage_etc_hosts: true'] }],
    ['nobody says so', {}],
  ])('with the template left alone where %s', (_, is) => {
    expect(
      plan({ ...is, template: 'x\n' }).filter((step) => 'path' in step && step.path !== DROP_IN),
    ).toEqual([])
  })
})

describe('what cloud-init reads', () => {
  test.each([
    ['true', true],
    ['YES', true],
    [1, true],
    [true, true],
    ['on ', true],
    [false, false],
    ['template', false],
    [null, false],
    [undefined, false],
  ])('%j is true: %j', (value, is) => {
    expect(isTrue(value)).toBe(is)
  })

  test.each([
    ['{{ jinja }}: {{', undefined],
    ['- a list', undefined],
    ['', undefined],
    ['a: &a [*a, *b]', undefined],
    ['key: 1\nkey: 2', 2],
    ['a: &a {key: 3}\n<<: *a', 3],
    ['!!python/object:x {}\n', undefined],
    ['__proto__: {key: 1}', undefined],
  ])('of %j only what can be read', (text, value) => {
    const machine = [fileOf(text)]
    expect(whatIsSaid({ instance: [], machine }, 'key')?.value).toBe(value)
  })

  test('drop-ins count from the last to the first, before cloud.cfg', () => {
    expect(machineFiles(['/d/05_a.cfg', '/d/README', '/d/99_b.cfg', '/d/99-c.cfg'])).toEqual([
      '/run/cloud-init/cloud.cfg',
      '/d/99_b.cfg',
      '/d/99-c.cfg',
      '/d/05_a.cfg',
      '/etc/cloud/cloud.cfg',
    ])
    expect(
      [DROP_IN, '/etc/cloud/cloud.cfg.d/99_x.cfg', '/etc/cloud/cloud.cfg.d/99-x.cfg']
        .toSorted()
        .at(-1),
    ).toBe(DROP_IN)
  })

  test.each([
    ['system_info:\n  distro: ubuntu', '/etc/cloud/templates/hosts.debian.tmpl'],
    ['system_info: {distro: rocky}', '/etc/cloud/templates/hosts.redhat.tmpl'],
    ['system_info: {distro: arch}', '/etc/cloud/templates/hosts.arch.tmpl'],
    ['system_info: {distro: ../../x}', undefined],
    ['system_info: nothing', undefined],
    ['a: b', undefined],
  ])('the template of %j', (text, path) => {
    expect(templateFile([fileOf(text)])).toBe(path)
  })
})
