import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dynfarm } from '../fakes/edge.ts'
import { asRoot } from '../server/command-line.ts'
import { centre, startTestServer, writeProfile } from '../server/test-server.ts'

test('reload takes what is sound', async () => {
  const server = await startTestServer()
  writeProfile(server.configDir, { ...centre, domain: 'other.example.org' })
  expect(await asRoot(server, ['reload'])).toEqual({
    code: 0,
    stdout: '',
    stderr: 'dynfarm: the server has read its configuration again\n',
  })
  expect(server.server.profile().centre.domain).toBe('other.example.org')
})

test('reload shows every problem, as data, and the old configuration stays', async () => {
  const server = await startTestServer()
  writeProfile(server.configDir, { ...centre, domain: 7 })
  writeFileSync(join(server.configDir, 'sites/aruba.yaml'), 'site: aruba\nnodes: 10.200.1.0/33\n')
  const { code, stdout, stderr } = await asRoot(server, ['reload'])
  expect(code).toBe(78)
  expect(stdout).toMatch(/^centre\.yaml:\d+:\d+: domain: /m)
  expect(stdout).toMatch(/^sites\/aruba\.yaml:2:8: nodes: /m)
  expect(stderr).toMatch(/^dynfarm: the configuration in force stays: /)
  expect(server.server.profile().centre.domain).toBe('farm.example.org')
  const problems = JSON.parse((await asRoot(server, ['reload', '--json'])).stdout)
  expect(problems.problems).toEqual(stdout.trimEnd().split('\n'))
  const checked = await dynfarm(['check', server.configDir])
  for (const line of stdout.trimEnd().split('\n')) expect(checked.stdout).toContain(line)
})

test('reload says what takes a restart', async () => {
  const server = await startTestServer()
  writeProfile(server.configDir, { ...centre, server: { ...centre.server, admin: '[::]:1' } })
  const { code, stdout } = await asRoot(server, ['reload'])
  expect(code).toBe(78)
  expect(stdout).toContain('server/admin: takes effect only when the server is started again')
})

test('reload without a server is no matter of the configuration', async () => {
  const server = await startTestServer()
  await server.close()
  expect(await asRoot(server, ['reload'])).toMatchObject({ code: 75, stdout: '' })
})
