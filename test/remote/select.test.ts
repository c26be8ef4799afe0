import { describe, expect, test } from 'vitest'
import { parseInventory } from '../../src/remote/inventory.ts'
import { parseWanted, select, type Wanted } from '../../src/remote/select.ts'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHxnM0T0cmYnTqDqLhCYq1v3z5w0sJ9g1mJmX3uQy2Zb'
const node = (name: string, state: string, labels = {}) => ({
  name,
  site: name.split('-')[0],
  state,
  addresses: ['10.200.1.1'],
  hostKeys: [key],
  labels,
})
const inventory = parseInventory(
  JSON.stringify({
    takenAt: 1,
    nodes: [
      node('aruba-1', 'ready', { rack: '7' }),
      node('aruba-2', 'failed'),
      node('aruba-3', 'left', { rack: '7' }),
      node('aruba-10', 'quarantined'),
      node('hpc-1', 'ready', { rack: '8' }),
      node('hpc-2', 'revoked'),
      node('hpc-3', 'forgotten'),
      node('hpc-4', 'pending'),
      node('hpc-5', 'joining'),
    ],
  }),
  'inventory.json',
)
const readers = { readFile: async () => 'aruba-[1-2]\n', readInput: async () => 'hpc-1 hpc-5' }

async function chosen(nodes: string | readonly string[], over: Partial<Wanted> = {}) {
  const wanted = { nodes: [nodes].flat(), exclude: [], all: false, ...over }
  const { targets, dead } = await select(parseWanted(wanted), inventory, readers)
  const names = (list: typeof targets) => list.map(({ name }) => name).join(' ')
  return dead.length === 0 ? names(targets) : `${names(targets)} / ${names(dead)}`
}

describe('a selection', () => {
  test.each([
    ['aruba-[1-2]', 'aruba-1 aruba-2'],
    ['@aruba', 'aruba-1 aruba-2 aruba-10 / aruba-3'],
    ['@aruba:ready', 'aruba-1'],
    ['@all:ready', 'aruba-1 hpc-1'],
    ['@all:left', ' / aruba-3'],
    ['@rack=7', 'aruba-1 / aruba-3'],
    ['@rack=7:ready', 'aruba-1'],
    ['@hpc', 'hpc-1 hpc-5 / hpc-2 hpc-3 hpc-4'],
    ['@all!@hpc&@rack=7', 'aruba-1 / aruba-3'],
    ['^list', 'aruba-1 aruba-2'],
    ['-,aruba-2', 'aruba-2 hpc-1 hpc-5'],
  ])('%s', async (nodes, wanted) => {
    expect(await chosen(nodes)).toBe(wanted)
  })

  test('of several node sets is all of them, each worked off by itself', async () => {
    expect(await chosen(['aruba-10', '@hpc!@hpc', 'hpc-1'])).toBe('aruba-10 hpc-1')
    expect(await chosen('@all', { exclude: ['@aruba', '', '@hpc!hpc-1'] })).toBe('hpc-1')
  })

  test('leaves out what is excluded, and takes in the dead when told', async () => {
    expect(await chosen('@aruba', { exclude: ['@rack=7,aruba-2'] })).toBe('aruba-10')
    expect(await chosen('@aruba', { all: true })).toBe('aruba-1 aruba-2 aruba-3 aruba-10')
  })

  test.each([
    ['aruba-4', 'no-such-node', 'there is no node "aruba-4"', 'did you mean "aruba-1"?'],
    [
      'aruba-[1-9]',
      'no-such-node',
      'there are no 6 nodes "aruba-[4-9]"',
      expect.stringContaining('remote list'),
    ],
    ['@arubba', 'no-such-node', 'no node is of a site "arubba"', 'did you mean "aruba"?'],
    ['@constructor=x', 'nothing-selected', 'no node is in "@constructor=x"', expect.any(String)],
    ['@aruba:joining', 'nothing-selected', 'no node is in "@aruba:joining"', expect.any(String)],
    ['', 'nothing-selected', 'no node is in ""', expect.any(String)],
    [
      '@aruba:redy',
      'nodeset-invalid',
      expect.stringContaining('position 1: "@aruba:redy" has no state'),
      expect.any(String),
    ],
  ])('%j is refused', async (nodes, code, message, hint) => {
    await expect(chosen(nodes)).rejects.toMatchObject({ code, message, hint })
  })

  test('says what was excluded where nothing is left', async () => {
    await expect(chosen('@rack=7', { exclude: ['@aruba'] })).rejects.toMatchObject({
      code: 'nothing-selected',
      message: 'no node is in "@rack=7" without "@aruba"',
    })
  })

  test('refuses an unknown name among the excluded, which may be a slip', async () => {
    await expect(chosen('@aruba', { exclude: ['aruba-99'] })).rejects.toMatchObject({
      code: 'no-such-node',
    })
  })
})

describe('an inventory', () => {
  const refused = (change: (inventory: { nodes: Record<string, unknown>[] }) => void) => {
    const copy = { takenAt: 1, nodes: [node('aruba-1', 'ready') as Record<string, unknown>] }
    change(copy)
    return () => parseInventory(JSON.stringify(copy), 'FILE')
  }
  test.each([
    [
      'a path for a name',
      (it: Record<string, unknown>) => (it['name'] = '../../etc/x'),
      '/nodes/0/name',
    ],
    [
      'a name with a newline',
      (it: Record<string, unknown>) => (it['name'] = 'a-1\n'),
      '/nodes/0/name',
    ],
    [
      'no key',
      (it: Record<string, unknown>) => (it['hostKeys'] = ['ssh-ed25519 AAAA']),
      '/nodes/0/hostKeys/0',
    ],
    [
      'no address',
      (it: Record<string, unknown>) => (it['addresses'] = ['-oProxyCommand=x']),
      '/nodes/0/addresses/0',
    ],
    ['no state', (it: Record<string, unknown>) => (it['state'] = 'dead'), '/nodes/0/state'],
  ])('with %s is refused', (_, change, place) => {
    expect(refused(({ nodes }) => change(nodes[0] ?? {}))).toThrow(
      expect.objectContaining({
        code: 'inventory-damaged',
        message: expect.stringContaining(place),
      }),
    )
  })

  test('that is no JSON is refused', () => {
    expect(() => parseInventory('{', 'FILE')).toThrow('inventory "FILE": it is no JSON')
  })
})
