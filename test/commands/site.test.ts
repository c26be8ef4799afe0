import { expect, test } from 'vitest'
import { dynfarm } from '../fakes/edge.ts'

const env = { DYNFARM_CONFIG: 'configs' }

test('site list shows range, slots, ladder, services and classes', async () => {
  const { code, stdout } = await dynfarm(['site', 'list'], { env })
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /^aruba +10\.200\.1\.0\/24 +160 +- +wg,udp,tcp +lsf,ce,argus +cache,squid,worker$/m,
  )
})

test('site hosts names every slot of a site', async () => {
  const { stdout } = await dynfarm(['site', 'hosts', '--site', 'aruba'], { env })
  const lines = stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(160)
  expect(lines[159]).toBe('10.200.1.160 aruba-160.farm.example.org aruba-160')
})

test('site zone gives records of both families, and their reverse', async () => {
  const { stdout } = await dynfarm(['site', 'zone', '--site', 'openstack'], { env })
  expect(stdout).toContain('\nopenstack-1 IN A 10.200.2.1\nopenstack-1 IN AAAA fd5a:')
  const reverse = await dynfarm(['site', 'zone', '--reverse', '--site', 'openstack'], { env })
  expect(reverse.stdout).toContain('1.2.200.10.in-addr.arpa. IN PTR openstack-1.farm.example.org.')
})

test('an unknown site is named, and so is a folder without configuration', async () => {
  expect(await dynfarm(['site', 'hosts', '--site', 'nope'], { env })).toMatchObject({ code: 64 })
  expect(await dynfarm(['site', 'list', '--config', '/nowhere'])).toMatchObject({ code: 78 })
})

test('problems keep the list from being made, and are told', async () => {
  const { code, stdout, stderr } = await dynfarm(['site', 'list', '--config', 'test'])
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
  expect(stderr).toContain('centre.yaml')
})
