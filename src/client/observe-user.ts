import type { Machine } from '../apply/machine.ts'
import { realUser } from './requests/user.ts'

/** Who works as root here, by name where it has one: what the server records beside "root". */
export async function observeUser(
  machine: Machine,
  sudoUser: string | undefined,
): Promise<string | undefined> {
  const user = realUser({ loginUid: await readLoginUid(machine), sudoUser })
  if (user === undefined) return undefined
  const entry = await machine.run({ argv: ['getent', 'passwd', '--', user] })
  return (entry.code === 0 ? entry.stdout.split(':')[0] : undefined) || user
}

/** A kernel without auditing has no such file. */
async function readLoginUid(machine: Machine): Promise<string | undefined> {
  const file = await machine.readFile('/proc/self/loginuid')
  return file && Buffer.from(file.content).toString('latin1')
}
