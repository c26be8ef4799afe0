import { DynfarmError } from '../errors.ts'
import { quoteWord } from '../plan/text.ts'
import { runCommand } from './run.ts'

export interface Owner {
  uid: number
  gid: number
}

/** `user`, `user:group` or `:group`, by name or number; the part that is missing stays as it is. */
export async function resolveOwner(owner: string, former: Owner): Promise<Owner> {
  const [user = '', group = ''] = owner.split(':')
  return {
    uid: user === '' ? former.uid : await lookUp('passwd', user),
    gid: group === '' ? former.gid : await lookUp('group', group),
  }
}

/** getent asks whatever the machine has: files, LDAP, SSSD. */
async function lookUp(database: 'passwd' | 'group', name: string): Promise<number> {
  if (/^\d+$/.test(name)) return Number(name)
  const { code, stdout } = await runCommand({ argv: ['getent', '--', database, name] })
  const id = stdout.split(':')[2]
  if (code === 0 && id !== undefined) return Number(id)
  const kind = database === 'passwd' ? 'user' : 'group'
  throw new DynfarmError('file-refused', `no ${kind} "${quoteWord(name)}" on this machine`)
}
