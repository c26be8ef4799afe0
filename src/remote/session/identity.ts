import { createHash } from 'node:crypto'
import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2'
import { DynfarmError } from '../../errors.ts'
import { within } from '../deadline.ts'

/** The one key that an administrator shows. */
export type Identity = { key: ParsedKey } | { agent: BaseAgent }

export function identityFromText(text: string, path: string): Identity {
  const key = ssh2.utils.parseKey(text)
  if (key instanceof Error)
    throw unusable(`"${path}" is no private key that can be used: ${key.message}`)
  if (!key.isPrivateKey()) throw unusable(`"${path}" has a public key only`)
  return { key }
}

/** Of an agent's keys the one of that comment or fingerprint: one that shows all is turned away for too many. */
export async function identityFromAgent(
  socket: string | undefined,
  name: string,
  timeout = 10_000,
): Promise<Identity> {
  if (!socket) throw unusable('there is no agent: SSH_AUTH_SOCK is not set')
  const agent = ssh2.createAgent(socket)
  const late = () => unusable('the agent does not answer')
  const keys = await within(identitiesOf(agent), timeout, late)
  const [key, ...more] = keys.filter((each) => each.comment === name || fingerprint(each) === name)
  if (key === undefined) throw unusable(`the agent has no key "${name}"`)
  if (more.length > 0) throw unusable(`the agent has ${more.length + 1} keys "${name}"`)
  return { agent: new OneKey(agent, key) }
}

class OneKey extends ssh2.BaseAgent {
  readonly #agent: BaseAgent
  readonly #key: ParsedKey

  constructor(agent: BaseAgent, key: ParsedKey) {
    super()
    this.#agent = agent
    this.#key = key
  }

  override getIdentities(done: Parameters<BaseAgent['getIdentities']>[0]): void {
    done(null, [this.#key])
  }

  override sign(...args: Parameters<BaseAgent['sign']>): void {
    this.#agent.sign(...args)
  }
}

function identitiesOf(agent: BaseAgent): Promise<ParsedKey[]> {
  return new Promise((resolve, reject) => {
    agent.getIdentities((error, keys = []) => {
      if (error) reject(unusable(`the agent does not answer: ${error.message}`))
      else resolve(keys)
    })
  })
}

function fingerprint(key: ParsedKey): string {
  const hash = createHash('sha256').update(key.getPublicSSH()).digest('base64')
  return `SHA256:${hash.replace(/=+$/, '')}`
}

function unusable(message: string): DynfarmError {
  return new DynfarmError('identity-unusable', message)
}
