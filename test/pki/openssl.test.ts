import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roles as authorityRoles } from '../../src/pki/authority.ts'
import { authorityOf } from '../../src/pki/holder.ts'
import {
  certificateRoles,
  createAuthorities,
  createPeople,
  createPerson,
  type Person,
} from './people.ts'

const now = new Date('2026-03-01T12:00:00Z')
const authorities = await createAuthorities(now)
const people = await createPeople(authorities, now)

describe('openssl', () => {
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'dynfarm-pki-'))
    for (const role of authorityRoles) {
      writeFileSync(join(dir, `${role}.crt`), authorities[role].certificate)
    }
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  const purposes = { sslserver: ['server', 'hub'], sslclient: certificateRoles.slice(1) }
  const wanted = Object.entries(purposes)

  it.each(certificateRoles)('accepts a %s from its authority alone, and for what it is', (role) => {
    for (const authority of authorityRoles) {
      for (const [purpose, fit] of wanted) {
        const isRight = authority === authorityOf[role] && fit.includes(role)
        expect(verify(people[role], { authority, purpose }), `${authority} ${purpose}`).toBe(
          isRight,
        )
      }
    }
  })

  it('reads the names of a server from its URLs', async () => {
    const urls = ['https://hub1.example.org:8443', 'https://192.0.2.1', 'https://[fd5a::1]:8443']
    const { certificate } = await createPerson(authorities, { role: 'server', now, urls })
    expect(new X509Certificate(certificate).subjectAltName).toBe(
      'DNS:hub1.example.org, IP Address:192.0.2.1, IP Address:FD5A:0:0:0:0:0:0:1',
    )
  })

  function verify(person: Person, { authority, purpose }: Record<string, string>): boolean {
    const at = Math.floor(now.getTime() / 1000)
    const ca = join(dir, `${authority}.crt`)
    const argv = [
      'verify',
      '-x509_strict',
      '-attime',
      `${at}`,
      '-purpose',
      `${purpose}`,
      '-CAfile',
      ca,
    ]
    return spawnSync('openssl', argv, { input: person.certificate, stdio: 'pipe' }).status === 0
  }
})
