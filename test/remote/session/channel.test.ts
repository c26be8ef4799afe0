import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import ssh2 from 'ssh2'
import { expect, onTestFinished, test } from 'vitest'
import { connectTo } from '../../../src/remote/session/connect.ts'
import { identityFromText } from '../../../src/remote/session/identity.ts'
import type { Session } from '../../../src/remote/session/session.ts'
import { makePair } from './keys.ts'

test('a command begins on the channel that was opened ahead, and the next one on its own', async () => {
  const { session, said } = await connected()
  session.openAhead()
  session.openAhead()
  await session.exec('one')
  await session.exec('two')
  expect(said).toEqual(['channel', 'one', 'channel', 'two'])
})

test('where no channel is to be had ahead, one is asked for when it is needed, and none ahead again', async () => {
  const { session, said } = await connected({ refuses: 1 })
  session.openAhead()
  await session.exec('one')
  const running = session.exec('two')
  session.openAhead()
  await running
  expect(said).toEqual(['refused', 'channel', 'one', 'channel', 'two'])
})

test('a channel that was closed before its command was known is not used', async () => {
  const { session, said, until } = await connected({ closes: 1 })
  session.openAhead()
  await until(['channel', 'closed'])
  await session.exec('one')
  expect(said).toEqual(['channel', 'closed', 'channel', 'one'])
})

test('a command that the host does not start is refused', async () => {
  const { session } = await connected()
  const refused = { hostClass: 'refused', phase: 'open' }
  await expect(session.exec('no')).rejects.toMatchObject(refused)
  await expect(session.exec('yes')).resolves.toBeDefined()
})

interface Odd {
  /** So many channels are not opened. */
  refuses?: number
  /** So many are closed at once. */
  closes?: number
}

interface Connected {
  session: Session
  /** What the host was asked, in its order. */
  said: string[]
  until(wanted: readonly string[]): Promise<void>
}

/** A host that says what it is asked, and starts every command but `no`. */
async function connected(odd: Odd = {}): Promise<Connected> {
  const said: string[] = []
  const [own, hostKey] = [makePair(), makePair()]
  let [refuses, closes] = [odd.refuses ?? 0, odd.closes ?? 0]
  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (client) =>
    client
      .on('error', () => undefined)
      .on('authentication', (context) => context.accept())
      .on('session', (accept, reject) => {
        if (refuses-- > 0) {
          said.push('refused')
          return void reject()
        }
        said.push('channel')
        const channels = accept().on('exec', (start, refuse, { command }) => {
          if (command === 'no') return void refuse()
          said.push(command)
          start()
        })
        if (closes-- <= 0) return
        client._protocol.channelClose(channels._chanInfo.outgoing.id)
        said.push('closed')
      }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const hostKeys = [hostKey.public]
  const target = { name: 'n', addresses: ['127.0.0.1'], port, hostKeys, hasChangedKeys: false }
  const identity = identityFromText(own.private, 'own')
  const login = { user: 'root', identity, timeout: 10_000, window: 1024 ** 2 }
  const session = await connectTo(target, login)
  onTestFinished(() => {
    session.close()
    server.close()
  })
  const until = (wanted: readonly string[]) =>
    expect.poll(() => said, { timeout: 20_000 }).toEqual(wanted)
  return { session, said, until }
}
