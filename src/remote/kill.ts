import type { ClientChannel } from 'ssh2'
import { within } from './deadline.ts'
import {
  type FarCommand,
  type FarPlace,
  type Killed,
  parseKilled,
  renderKill,
} from './far-side/command.ts'
import type { Session } from './session/session.ts'

interface Victim {
  session: Session
  run: { command: FarCommand }
  mark: string
  place: FarPlace
  channel: ClientChannel
}

/** Longer than the far side takes to ask, to wait and to kill. */
const timeout = 10_000

/**
 * sshd lets go of a command without ending it, so the far side is told to, on a channel of its own. Where only one
 * is allowed the command's is closed first. Without an answer the far side's watchdog ends it by itself, but nothing
 * is known of it here.
 */
export async function killFar(victim: Victim): Promise<Killed & { verified: boolean }> {
  const killed = (await tell(victim)) ?? (await tellAlone(victim))
  if (killed === undefined) return { found: 0, left: 0, verified: false }
  return { ...killed, verified: killed.left === 0 }
}

async function tellAlone(victim: Victim): Promise<Killed | undefined> {
  const closed = new Promise<void>((resolve) => victim.channel.once('close', resolve))
  victim.channel.close()
  await within(Promise.race([closed, victim.session.ended]), 1000, late).catch(() => undefined)
  return tell(victim)
}

async function tell(victim: Victim): Promise<Killed | undefined> {
  const { session, run, mark, place } = victim
  try {
    const channel = await within(session.exec(renderKill(run.command, mark, place)), timeout, late)
    const text = await within(Promise.race([answerOf(channel), session.ended]), timeout, late)
    channel.close()
    return parseKilled(text, mark)
  } catch {
    return undefined
  }
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
