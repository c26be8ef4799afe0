import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { destinationOf, renderUserData } from '../../../src/client/admin/cloud-init.ts'
import { parseJoinFile } from '../../../src/profile/join-settings.ts'
import { loadValid } from '../../../src/profile/load.ts'

const profile = await loadValid('configs')
const token = `dft${'x'.repeat(140)}`
const made = { token, expires: Date.UTC(2026, 0, 2, 3, 4, 5) }

describe('user-data', () => {
  const data = renderUserData(destinationOf(profile, 'aruba'), made)
  const { write_files: files, ...rest } = parse(data)

  test('is a cloud-config with one file, for root alone', () => {
    expect(data.split('\n')[0]).toBe('#cloud-config')
    expect(rest).toEqual({})
    const file = { path: '/etc/dynfarm/join.yaml', owner: 'root:root', permissions: '0600' }
    expect(files).toEqual([{ ...file, content: expect.any(String) }])
  })

  test('has a join.yaml that a join takes', () => {
    const { value } = parseJoinFile('join.yaml', Buffer.from(files[0].content)) as { value: object }
    expect(value).toMatchObject({ servers: profile.centre.server.urls, token })
  })

  test('says for whoever finds it how long its token is good', () => {
    expect(data).toContain('2026-01-02')
    expect(data).toContain('Whatever runs on the machine can read its user-data')
  })

  test('has the way through a proxy where the site has one', () => {
    const proxy = 'http://10.1.2.3:3128'
    const there = renderUserData({ ...destinationOf(profile, 'aruba'), proxy }, made)
    expect(parse(parse(there).write_files[0].content)).toMatchObject({ proxy })
  })
})

test.each([
  [undefined, 'usage'],
  ['nowhere', 'no-such-site'],
])('for site %s there is none', (site, code) => {
  expect(() => destinationOf(profile, site)).toThrow(expect.objectContaining({ code }))
})
