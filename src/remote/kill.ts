import type { ClientChannel } from 'ssh2'
import { within } from './deadline.ts'
import {
  type FarCommand,
  type FarPlace,
  type Killed,
  parseKilled,
  renderKill,
} from './far-side/command.ts'
import { HostFault } from './outcome.ts'
import type { Session } from './session/session.ts'

interface Victim {
  session: Session
  run: { command: FarCommand; again(): Promise<Session> }
  mark: string
  place: FarPlace
}

/** Longer than the far side takes to ask, to wait and to kill. */
const timeout = 8000

/**
 * sshd lets go of a command without ending it, so the far side is told to, on a channel of its own, or where it has
 * only one on another connection. Without an answer the far side's watchdog ends it by itself, but nothing is known
 * of it here.
 */
export async function killFar(victim: Victim): Promise<Killed & { verified: boolean }> {
  const killed = await tell(victim.session, victim).catch((error) => {
    if (error instanceof HostFault && error.hostClass === 'refused') return tellAnew(victim)
    return undefined
  })
  if (killed === undefined) return { found: 0, left: 0, verified: false }
  return { ...killed, verified: killed.left === 0 }
}

async function tellAnew(victim: Victim): Promise<Killed | undefined> {
  const session = await victim.run.again().catch(() => undefined)
  try {
    return session && (await tell(session, victim).catch(() => undefined))
  } finally {
    session?.close()
  }
}

async function tell(session: Session, victim: Victim): Promise<Killed | undefined> {
  const { run, mark, place } = victim
  const command = renderKill(run.command, mark, place)
  const { channel } = await within(session.exec(command), timeout, late)
  const text = await within(Promise.race([answerOf(channel), session.ended]), timeout, late)
  channel.close()
  return parseKilled(text, mark)
}

function late(): Error {
  return new Error('no answer')
}

const longestAnswer = 4096

function answerOf(channel: ClientChannel): Promise<string> {
  let text = ''
  channel.on('data', (bytes: Buffer) => {
    if (text.length < longestAnswer) text += bytes.toString('latin1')
  })
  channel.stderr.resume()
  channel.end()
  return new Promise((resolve) => channel.once('close', () => resolve(text)))
}
