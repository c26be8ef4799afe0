import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { roles as authorityRoles, type Role } from '../../src/pki/authority.ts'
import { authorityOf } from '../../src/pki/holder.ts'
import { certificateRoles, createAuthorities, createPerson, type Person } from './people.ts'

const now = new Date()
const authorities = await createAuthorities(now)
const server = await createPerson(authorities, { role: 'server', now })
const clients = await Promise.all(
  certificateRoles.map((role) => createPerson(authorities, { role, now })),
)

describe('over TLS 1.3', () => {
  it.each(authorityRoles)(
    'who trusts the %s authority takes its people as clients',
    async (role) => {
      for (const client of clients) {
        const isRight = authorityOf[client.role] === role && client.role !== 'server'
        const heard = await meet({ client, clientAuthority: role, serverAuthority: 'server' })
        expect(heard, client.role).toBe(isRight ? `hello ${client.id}` : '')
      }
    },
  )

  it.each(authorityRoles)('who trusts the %s authority takes its server', async (role) => {
    const client = clients.find((one) => one.role === 'node')
    if (client === undefined) throw new Error('there is no node')
    const heard = await meet({ client, clientAuthority: 'node', serverAuthority: role })
    expect(heard).toBe(role === 'server' ? `hello ${client.id}` : '')
  })
})

interface Meeting {
  client: Person
  /** What the server believes about clients. */
  clientAuthority: Role
  /** What the client believes about servers. */
  serverAuthority: Role
}

/** What the client hears, or nothing when one of the two does not trust the other. */
async function meet({ client, clientAuthority, serverAuthority }: Meeting): Promise<string> {
  const listener = createServer({
    ...identityOf(server),
    ca: authorities[clientAuthority].certificate,
    requestCert: true,
    minVersion: 'TLSv1.3',
  })
  listener.on('secureConnection', (socket) => socket.on('error', () => {}).end(greeting(socket)))
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  try {
    const { port } = listener.address() as AddressInfo
    const ca = authorities[serverAuthority].certificate
    return await listen(connect({ port, host: '127.0.0.1', ca, ...identityOf(client) }))
  } finally {
    listener.close()
    await once(listener, 'close')
  }
}

async function listen(socket: TLSSocket): Promise<string> {
  try {
    let heard = ''
    for await (const chunk of socket) heard += chunk
    return heard
  } catch {
    return ''
  } finally {
    socket.destroy()
  }
}

function greeting(socket: TLSSocket): string {
  return `hello ${socket.getPeerCertificate().serialNumber.toLowerCase()}`
}

function identityOf({ certificate, key }: Person): { cert: string; key: string } {
  return { cert: certificate, key }
}
