import { randomUUID } from 'node:crypto'
import { checkCsr } from '../../pki/csr.ts'
import { issueCertificate } from '../../pki/issue.ts'
import { findSite } from '../../profile/resolve/context.ts'
import type { AdminRecord } from '../../protocol/records.ts'
import type { Handlers, Person } from '../call.ts'
import { Refusal } from '../refusal.ts'
import { actEntry } from './act.ts'
import { checkSees, checkWhole, personOf, sees } from './person.ts'

export const personHandlers = {
  adminCreate: async (call, server) => {
    const { name, rank, site = null, csr } = call.body
    const [person, now] = [personOf(call), server.now()]
    checkGift(person, site)
    if (site !== null) findSite(server.profile(), site)
    const issued = await issueCertificate(server.keys.authorities.admin.issuer, {
      role: 'admin',
      name,
      publicKey: readCsr(csr),
      now: new Date(now),
      lifeMs,
    })
    const made = { id: randomUUID(), created: now, createdBy: person.actor }
    const admin = { ...made, name, role: rank, site, certificate: issued.id }
    await server.store.write(async ({ admins, audit }) => {
      if ((await admins.byName(name)) !== undefined)
        throw new Refusal('name-taken', `there is an administrator "${name}"`, { path: '/name' })
      await admins.insert(admin)
      const detail = { rank, id: made.id, expires: issued.expires.getTime() }
      await audit.append(
        actEntry({ call, now }, { action: 'admin-create', subject: name, site, detail }),
      )
    })
    return { id: made.id, certificate: issued.certificate, pins: [...server.keys.pins] }
  },

  adminList: async (call, { store }) => {
    const person = personOf(call)
    const admins = await store.read((reads) => reads.admins.list())
    return { admins: admins.filter(({ site }) => sees(person, site)).map(publicPart) }
  },

  adminRevoke: async (call, server) => {
    const name = call.params['admin'] ?? ''
    const now = server.now()
    return server.store.write(async ({ admins, audit }) => {
      const admin = await admins.byName(name)
      if (admin === undefined || !sees(personOf(call), admin.site))
        throw new Refusal('not-found', `no administrator "${name}"`)
      await admins.revoke(admin.id, now)
      const { site, role: rank, id } = admin
      const act = { action: 'admin-revoke', subject: name, site, detail: { rank, id } }
      await audit.append(actEntry({ call, now }, act))
      return { changed: [name] }
    })
  },
} satisfies Handlers

/** A year, and then a new one: a bundle that was lost ends by itself. */
const lifeMs = 366 * 24 * 3600 * 1000

/** Nobody gives more than they have: of the rank they have the highest, the site is what limits them. */
function checkGift(person: Person, site: string | null): void {
  if (site === null) checkWhole(person, 'an administrator of all sites')
  else checkSees(person, site)
}

function readCsr(csr: string): Buffer {
  const checked = checkCsr(Buffer.from(csr, 'base64'))
  if ('value' in checked) return checked.value
  throw new Refusal('csr-refused', `the request is refused: ${checked.refused}`, { path: '/csr' })
}

function publicPart({ certificate: _, role: rank, ...admin }: AdminRecord) {
  return { ...admin, rank }
}
