import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testFolder } from '../fakes/folder.ts'

const folder = join(import.meta.dirname, '../../configs/systemd')
const unit = join(folder, 'dynfarm-server.service')

describe('the unit of the server', () => {
  test('is rated OK or better by systemd itself', () => {
    const argv = ['security', '--offline=true', '--threshold=20', '--no-pager', unit]
    const told = execFileSync('systemd-analyze', argv, { encoding: 'utf8' })
    expect(told).toMatch(/Overall exposure level for dynfarm-server\.service: [0-9.]+ OK/)
  })

  test('has no line that systemd does not know', () => {
    const { stderr } = verify()
    const remarks = stderr.split('\n').filter((line) => /dynfarm-server\.service:[0-9]/.test(line))
    expect(remarks).toEqual([])
  })

  test('gives the server what it needs by the names that it uses', () => {
    const text = readFileSync(unit, 'utf8')
    for (const line of [
      'Type=notify',
      'NotifyAccess=all',
      'User=dynfarm',
      'ExecReload=/usr/bin/dynfarm reload',
      'StateDirectory=dynfarm/server',
      'RuntimeDirectory=dynfarm',
    ])
      expect(text.split('\n')).toContain(line)
  })
})

/** It complains of programs that are not installed here, too, and fails by that. */
function verify(): { stderr: string } {
  try {
    return {
      stderr: execFileSync('systemd-analyze', ['verify', unit], {
        encoding: 'utf8',
        stdio: 'pipe',
      }),
    }
  } catch (error) {
    return { stderr: String((error as { stderr: string }).stderr) }
  }
}

test.runIf(process.getuid?.() === 0)('its group can read the keys but that of releases', () => {
  const root = testFolder()
  const keys = join(root, 'etc/dynfarm/keys')
  mkdirSync(keys, { recursive: true })
  const names = ['node-ca.key', 'node-ca.crt', 'links.secret', 'release.pub', 'release.key']
  for (const name of names) writeFileSync(join(keys, name), '', { mode: 0o600 })
  for (const name of ['passwd', 'group']) writeFileSync(join(root, 'etc', name), '')
  execFileSync('systemd-sysusers', [`--root=${root}`, join(folder, 'sysusers.conf')], {
    stdio: 'pipe',
  })
  execFileSync('systemd-tmpfiles', [`--root=${root}`, '--create', join(folder, 'tmpfiles.conf')], {
    stdio: 'pipe',
  })
  const [, gid] =
    /^dynfarm:[^:]*:([0-9]+):/m.exec(readFileSync(join(root, 'etc/group'), 'utf8')) ?? []
  const standing = names.map((name) => {
    const { mode, gid: group } = statSync(join(keys, name))
    return `${name} ${(mode & 0o777).toString(8)} ${group === Number(gid)}`
  })
  expect(standing).toEqual([
    'node-ca.key 640 true',
    'node-ca.crt 640 true',
    'links.secret 640 true',
    'release.pub 640 true',
    'release.key 600 false',
  ])
})
