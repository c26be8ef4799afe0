import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectTo } from '../../../src/remote/session/connect.ts'
import { identityFromText } from '../../../src/remote/session/identity.ts'
import { makeFarm, runOn, withSession } from './support/hosts.ts'

const farm = makeFarm()
const host = await farm.start({})
const strict = await farm.start({ config: ['MaxAuthTries 1'] })

test.each([
  ['ecdsa', '256'],
  ['rsa', '2048'],
])('a key of the type %s is taken at once', async (type, bits) => {
  const path = join(farm.folder, type)
  execFileSync('ssh-keygen', ['-q', '-t', type, '-b', bits, '-N', '', '-f', path])
  const identity = identityFromText(readFileSync(path, 'utf8'), path)
  const login = { ...farm.login, identity }
  await expect(connectTo(host.target, login)).rejects.toMatchObject({ hostClass: 'refused' })
  appendFileSync(`${farm.identity.path}.pub`, readFileSync(`${path}.pub`))
  const told = await withSession(strict.target, login, (session) => runOn(session, 'echo in'))
  expect(told).toMatchObject({ class: 'ok', stdout: 'in\n' })
})
