import { expect, test } from 'vitest'
import { rejoinBy } from '../../../src/client/join/rejoin.ts'

const folders = { configDir: '/etc/dynfarm', stateDir: '/var/lib/dynfarm' }
const where = ['join', '--config', '/etc/dynfarm', '--state', '/var/lib/dynfarm']

test.each([
  ['the package', ['/usr/bin/dynfarm'], ['/usr/bin/dynfarm']],
  ['one that lies elsewhere', ['/srv/farm/dynfarm'], ['/srv/farm/dynfarm']],
  [
    'a version that the centre sent',
    ['/opt/dynfarm/versions/1.2.0/dynfarm'],
    ['/opt/dynfarm/current/dynfarm'],
  ],
  [
    'the sources',
    ['/usr/bin/node', '/src/bin/dynfarm.ts'],
    ['/usr/bin/node', '/src/bin/dynfarm.ts'],
  ],
] as const)('a machine joins again by %s', (_, self, by) => {
  expect(rejoinBy({ ...folders, self })).toEqual([...by, ...where])
})

test('a machine joins again by the folders that it joined with', () => {
  const { configDir, stateDir } = { configDir: 'etc', stateDir: '/srv/state' }
  const [, , , config, , state] = rejoinBy({ configDir, stateDir, self: ['/usr/bin/dynfarm'] })
  expect([config, state]).toEqual([`${process.cwd()}/etc`, '/srv/state'])
})
