import { execa } from 'execa'
import type { Log } from '../log.ts'

/** Tells systemd how things stand, where it asked for that. Node has no sockets of that kind, but systemd a program. */
export async function notify(state: 'READY=1' | 'STOPPING=1', log: Log): Promise<void> {
  if (!process.env['NOTIFY_SOCKET']) return
  const { failed, message } = await execa('systemd-notify', [state], {
    reject: false,
    timeout: 5000,
  })
  if (failed) log.warn(`systemd was not told "${state}": ${message}`)
}
