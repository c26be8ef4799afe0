import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const unit = join(import.meta.dirname, '../../configs/systemd/dynfarm-hub.service')

test('the unit of the hub has no line that systemd does not know', () => {
  const { stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
  expect(stderr.split('\n').filter((line) => /dynfarm-hub\.service:[0-9]/.test(line))).toEqual([])
})

test('it tells when it is ready, and does not come back from what somebody has to mend', () => {
  const lines = readFileSync(unit, 'utf8').split('\n')
  for (const line of ['Type=notify', 'NotifyAccess=all', 'RestartPreventExitStatus=64 77 78'])
    expect(lines).toContain(line)
})
