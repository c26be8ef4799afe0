import { expect, it } from 'vitest'
import { type NewCentre, planInit } from '../../src/client/init-plan.ts'
import type { Role } from '../../src/pki/authority.ts'
import { renderPlan } from '../../src/plan/render.ts'

const authority = (role: Role) => ({ role, certificate: 'certificate\n', key: 'key\n' })

const centre: NewCentre = {
  centre: 'example',
  ula: 'fd12:3456:789a',
  authorities: {
    server: authority('server'),
    hub: authority('hub'),
    node: authority('node'),
    admin: authority('admin'),
  },
  releaseKey: { public: 'public\n', private: 'private\n' },
  linkSecret: 'secret\n',
}

it('makes the folders that are missing, from the outside in, then the files', () => {
  const there = ['/', '/srv']
  const steps = planInit(centre, '/srv/farms/my farm', (path) => there.includes(path))
  expect(`\n${renderPlan(steps)}`).toMatchInlineSnapshot(`
    "
    install -d -m 0755 -- /srv/farms  # a folder of the new centre
    install -d -m 0755 -- '/srv/farms/my farm'  # a folder of the new centre
    install -d -m 0700 -- '/srv/farms/my farm/keys'  # a folder of the new centre
    install -d -m 0755 -- '/srv/farms/my farm/schema'  # a folder of the new centre
    install -d -m 0755 -- '/srv/farms/my farm/sites'  # a folder of the new centre
    write '/srv/farms/my farm/.gitignore' (0644, 98 bytes)  # a file of the new centre
    write '/srv/farms/my farm/keys/server-ca.key' (0600, <redacted 4 bytes>)  # a file of the new centre
    write '/srv/farms/my farm/keys/server-ca.crt' (0644, 12 bytes)  # a file of the new centre
    write '/srv/farms/my farm/keys/hub-ca.key' (0600, <redacted 4 bytes>)  # a file of the new centre
    write '/srv/farms/my farm/keys/hub-ca.crt' (0644, 12 bytes)  # a file of the new centre
    write '/srv/farms/my farm/keys/node-ca.key' (0600, <redacted 4 bytes>)  # a file of the new centre
    write '/srv/farms/my farm/keys/node-ca.crt' (0644, 12 bytes)  # a file of the new centre
    write '/srv/farms/my farm/keys/admin-ca.key' (0600, <redacted 4 bytes>)  # a file of the new centre
    write '/srv/farms/my farm/keys/admin-ca.crt' (0644, 12 bytes)  # a file of the new centre
    write '/srv/farms/my farm/keys/release.key' (0600, <redacted 8 bytes>)  # a file of the new centre
    write '/srv/farms/my farm/keys/release.pub' (0644, 7 bytes)  # a file of the new centre
    write '/srv/farms/my farm/keys/links.secret' (0600, <redacted 7 bytes>)  # a file of the new centre
    write '/srv/farms/my farm/schema/centre.schema.json' (0644, 27297 bytes)  # a file of the new centre
    write '/srv/farms/my farm/schema/join.schema.json' (0644, 1578 bytes)  # a file of the new centre
    write '/srv/farms/my farm/schema/site.schema.json' (0644, 25505 bytes)  # a file of the new centre
    write '/srv/farms/my farm/sites/cloud.yaml' (0644, 767 bytes)  # a file of the new centre
    write '/srv/farms/my farm/centre.yaml' (0644, 1681 bytes)  # a file of the new centre"
  `)
})

it('makes no folder that is there, and shows no secret', () => {
  const text = renderPlan(planInit(centre, '/etc/dynfarm', () => true))
  expect(text).not.toMatch(/install|private|secret\n/)
})

it('never follows an option-like name', () => {
  const text = renderPlan(planInit(centre, '/-rf', (path) => path === '/'))
  expect(text).toContain('install -d -m 0755 -- /-rf')
})
