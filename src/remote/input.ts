import type { ClientChannel } from 'ssh2'
import type { Session } from './session/session.ts'

/** One host's copy of standard input, at its own pace. */
export interface Input {
  /** The next bytes, or undefined at the end. */
  read(): Promise<Buffer | undefined>
  /** Nobody reads this copy any more. */
  close(): void
}

/** The same, and of what keeps it from being read one more is told than who reads. */
export function telling(input: Input, tell: (error: Error) => void): Input {
  const read = () =>
    input.read().catch((error: Error) => {
      tell(error)
      throw error
    })
  return { read, close: () => input.close() }
}

/** Gives a command its input as fast as it takes it, and the end of it when there is none. */
export async function feed(
  channel: ClientChannel,
  input: Input | undefined,
  session: Session,
): Promise<void> {
  let isOpen = true
  channel.once('close', () => {
    isOpen = false
    input?.close()
  })
  while (isOpen) {
    const bytes = await input?.read()
    if (bytes === undefined) break
    await write(channel, bytes)
    await session.drained()
  }
  if (isOpen) channel.end()
}

/** A channel that is closed meanwhile never calls back. */
function write(channel: ClientChannel, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      channel.off('close', done)
      resolve()
    }
    channel.once('close', done)
    channel.write(bytes, done)
  })
}
