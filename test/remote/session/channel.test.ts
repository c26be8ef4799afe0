import { expect, test } from 'vitest'
import type { Session } from '../../../src/remote/session/session.ts'
import { logInTo } from './log-in.ts'

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

test('a host that has one channel at a time, and is asked before it has that back, is asked again', async () => {
  const { session, said } = await connected({ refuses: 2 })
  session.openAhead()
  await session.exec('one')
  expect(said).toEqual(['refused', 'refused', 'channel', 'one'])
  const { session: other } = await connected({ refuses: 1 })
  await expect(other.exec('one')).rejects.toMatchObject({ hostClass: 'refused', phase: 'open' })
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
  let [refuses, closes] = [odd.refuses ?? 0, odd.closes ?? 0]
  const session = await logInTo((client) => {
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
      })
  })
  const until = (wanted: readonly string[]) =>
    expect.poll(() => said, { timeout: 20_000 }).toEqual(wanted)
  return { session, said, until }
}
