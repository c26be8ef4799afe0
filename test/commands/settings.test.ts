import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSettings } from '../../src/commands/settings.ts'
import { dynfarm } from '../fakes/edge.ts'

describe('a folder that is named', () => {
  test('is the same for what is started from here with another working folder', () => {
    const named = readSettings({ config: 'etc', state: './state' }, {})
    expect(named).toMatchObject({ configDir: resolve('etc'), stateDir: resolve('state') })
    const env = { DYNFARM_CONFIG: 'etc', DYNFARM_STATE: 'state', DYNFARM_RUN: 'run' }
    expect(readSettings({}, env)).toMatchObject({
      ...{ configDir: resolve('etc'), stateDir: resolve('state'), runDir: resolve('run') },
    })
  })

  test.each(['config', 'state', 'bundle'])('is not the empty one: --%s', async (name) => {
    expect(await dynfarm(['status', `--${name}`, ''])).toEqual({
      code: 64,
      stdout: '',
      stderr: `dynfarm: --${name} wants a path, not ""\n  see "dynfarm help"\n`,
    })
  })

  test('by an empty variable is as without it', () => {
    const env = { DYNFARM_CONFIG: '', DYNFARM_STATE: '', DYNFARM_RUN: '', HOME: '/home/u' }
    expect(readSettings({}, env)).toEqual(readSettings({}, { HOME: '/home/u' }))
    expect(readSettings({}, env).stateDir).toBe('/var/lib/dynfarm')
  })

  test.each([
    ['status', '--state', 'rel'],
    ['release', 'add', 'x', '--version', '1.0.0', '--platform', 'linux-x64', '--key', 'rel'],
  ])('below a working folder that is gone is no bug: %s', (...words) => {
    const program = join(import.meta.dirname, '../../bin/dynfarm.ts')
    const script = 'd=$(mktemp -d) && cd "$d" && rmdir "$d" && exec "$@"'
    const argv = ['-c', script, 'sh', process.execPath, program, ...words]
    const { status, stderr } = spawnSync('/bin/sh', argv, { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({
      status: 64,
      stderr:
        'dynfarm: the working folder is gone, and a path below it was named\n' +
        '  name the whole path, or go to a folder that is there\n',
    })
  })
})
