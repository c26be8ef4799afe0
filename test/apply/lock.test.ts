import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lockState } from '../../src/apply/lock.ts'
import { testFolder } from '../fakes/folder.ts'

const lockModule = join(import.meta.dirname, '../../src/apply/lock.ts')

describe('lockState', () => {
  test('one holder at a time, and the other is told who it is', () => {
    const state = join(testFolder(), 'node')
    const lock = lockState(state)
    expect(() => lockState(state)).toThrow(
      expect.objectContaining({
        code: 'busy',
        exit: 75,
        message: `process ${process.pid} is at work on "${state}"`,
        details: { pid: process.pid },
      }),
    )
    lock.release()
    lockState(state).release()
  })

  test('a holder that is killed leaves no lock, though its children live', async () => {
    const state = testFolder()
    chmodSync(state, 0o700)
    const script = `
      import { spawn } from 'node:child_process'
      import { lockState } from '${lockModule}'
      lockState('${state}')
      const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' })
      console.log(child.pid)
      setInterval(() => {}, 1000)`
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script])
    const [pid] = await once(holder.stdout, 'data')
    expect(() => lockState(state)).toThrow(`process ${holder.pid} is at work`)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    lockState(state).release()
    process.kill(Number(String(pid)), 'SIGKILL')
  })

  test('the state folder is made for its owner alone, its parents for all', () => {
    const folder = testFolder()
    lockState(join(folder, 'var/dynfarm/node')).release()
    const modes = ['var', 'var/dynfarm', 'var/dynfarm/node', 'var/dynfarm/node/apply']
    expect(modes.map((path) => (statSync(join(folder, path)).mode & 0o777).toString(8))).toEqual([
      '755',
      '755',
      '700',
      '700',
    ])
    expect(statSync(join(folder, 'var/dynfarm/node/apply/lock')).mode & 0o777).toBe(0o600)
  })

  test.each([
    ['belongs to user 1234', (path: string) => chownSync(path, 1234, 0)],
    ['can be written to by others', (path: string) => chmodSync(path, 0o775)],
  ])('a folder that %s is refused', (why, spoil) => {
    const state = testFolder()
    mkdirSync(join(state, 'apply'))
    spoil(join(state, 'apply'))
    const refusal = { code: 'state-refused', message: `"${state}/apply" ${why}` }
    expect(() => lockState(state)).toThrow(expect.objectContaining(refusal))
    expect(readdirSync(join(state, 'apply'))).toEqual([])
  })

  test('a symlink or a file in its place is refused', () => {
    const folder = testFolder()
    mkdirSync(join(folder, 'elsewhere'))
    symlinkSync('elsewhere', join(folder, 'link'))
    writeFileSync(join(folder, 'file'), '')
    expect(() => lockState(join(folder, 'link'))).toThrow('is not a folder')
    expect(() => lockState(join(folder, 'file'))).toThrow('is not a folder')
    expect(() => lockState('/proc/dynfarm/node')).toThrow(
      expect.objectContaining({ code: 'state-unwritable', exit: 71 }),
    )
  })

  test('finds flock without a PATH, and says so where there is none', () => {
    const state = testFolder()
    const script = `
      import { lockState } from '${lockModule}'
      try { lockState('${state}'); console.log('locked') }
      catch (error) { console.log(error.code, error.message) }`
    const node = [process.execPath, '--input-type=module', '-e', script]
    const lock = (before: string) => {
      const argv = ['--mount', 'sh', '-c', `${before} && PATH=/nowhere exec "$@"`, 'sh', ...node]
      return execFileSync('unshare', argv, { encoding: 'utf8' })
    }
    expect(lock('true')).toBe('locked\n')
    const why = 'program "flock" cannot be used: no such file or directory'
    expect(lock('mount -t tmpfs none /usr/bin')).toBe(`program-missing ${why}\n`)
  })
})
