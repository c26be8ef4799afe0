import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import ssh2, { type ServerClient } from 'ssh2'
import { onTestFinished } from 'vitest'
import { makePair } from '../../../scripts/lib/ssh-pair.ts'
import { connectTo } from '../../../src/remote/session/connect.ts'
import { identityFromText } from '../../../src/remote/session/identity.ts'
import type { Session } from '../../../src/remote/session/session.ts'

const [hostKey, own] = [makePair(), makePair()]

/** To an ssh2 server that does as the test says, on loopback, for as long as the test runs. */
export async function logInTo(serve: (client: ServerClient) => void): Promise<Session> {
  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const hostKeys = [hostKey.public]
  const target = { name: 'n', addresses: ['127.0.0.1'], port, hostKeys, hasChangedKeys: false }
  const identity = identityFromText(own.private, 'own')
  const login = { user: 'root', identity, timeout: 10_000, window: 1024 ** 2 }
  const session = await connectTo(target, login)
  onTestFinished(() => session.close())
  return session
}
