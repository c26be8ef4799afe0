import { expect, test } from 'vitest'
import { placeSeed, type Seed } from '../../../src/server/hubs/seed-node.ts'
import { loadTexts } from '../../profile/load-texts.ts'
import { twoSites } from '../../profile/two-sites.ts'

const profile = await loadTexts(twoSites)
const seed: Seed = {
  id: 'n1',
  role: 'node',
  site: 'aruba',
  class: null,
  name: 'aruba-2',
  slot: 2,
  addresses: ['10.200.1.2', 'fd5a:1:2::1:2'],
  state: 'ready',
  certificate: null,
  previousCertificate: null,
  publicKey: 'k',
  wireguardKey: null,
  sshHostKeys: [],
  created: 5,
  freed: null,
  generation: 7,
}

test.each<[string, Partial<Seed>, object | undefined]>([
  ['is as it was told', {}, seed],
  ['has the name and addresses of its slot', { name: 'hpc-1', addresses: ['10.200.2.1'] }, seed],
  [
    'may lie beyond a limit that came later',
    { slot: 9 },
    { name: 'aruba-9', addresses: ['10.200.1.9', 'fd5a:1:2::1:9'] },
  ],
  [
    'of jobs too',
    { site: 'hpc', role: 'job', slot: 3 },
    { name: 'hpc-job-3', addresses: ['10.200.64.3'] },
  ],
  [
    'of a site that is configured no more keeps what is nobody else’s',
    { site: 'gone', addresses: ['10.9.0.1', '10.200.64.3', '10.200.1.1', 'fd5a:1:2::1:9'] },
    { name: 'gone-2', addresses: ['10.9.0.1'] },
  ],
  [
    'beyond the range too',
    { site: 'hpc', role: 'job', slot: 1000, addresses: ['10.200.67.233'] },
    { name: 'hpc-job-1000', addresses: ['10.200.67.233'] },
  ],
  [
    'was made by now, and changed by then',
    { created: 999, generation: 999 },
    { created: 100, generation: 50 },
  ],
  ['without a slot was no node', { slot: null }, undefined],
  ['that is over, without an end, is none', { state: 'forgotten' }, undefined],
  ['that ended is told', { state: 'left', freed: 9 }, { state: 'left', freed: 9 }],
])('a node that a hub tells %s', (_, over, expected) => {
  const placed = placeSeed({ ...seed, ...over }, { profile, generation: 50, now: 100 })
  if (expected === undefined) expect(placed).toBeUndefined()
  else expect(placed).toMatchObject(expected)
})
