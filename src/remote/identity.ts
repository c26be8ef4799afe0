import { DynfarmError } from '../errors.ts'
import { homePath, readIfThere } from './files/small.ts'
import { type Identity, identityFromAgent, identityFromText } from './session/identity.ts'

/** `agent:NAME` is a key of the agent's, anything else a file. */
export async function loadIdentity(
  name: string | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Identity> {
  if (name?.startsWith('agent:'))
    return identityFromAgent(env['SSH_AUTH_SOCK'], name.slice('agent:'.length))
  const path = name ?? homePath('.ssh', 'id_ed25519')
  const text = await readIfThere(path)
  if (text === undefined)
    throw new DynfarmError('identity-unusable', `there is no private key "${path}"`)
  return identityFromText(text, path)
}
