import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { openClient } from '../../../src/client/requests.ts'
import { DynfarmError } from '../../../src/errors.ts'
import { makeLog } from '../../../src/log.ts'
import { startServer } from '../../../src/server/serve.ts'
import { joinBy, openSite, type There } from '../../server/joiner.ts'

/**
 * In the machine: a server, in this one process, on a disk that is kept, and what it knows, a line each; then machines that join until the
 * power fails. Each line leaves the machine by one write, after what it tells was answered.
 *
 *   guest.ts FOLDER PIN check | load [TOKEN]
 */
const [folder = '', pin = '', task = 'check', known] = process.argv.slice(2)
const { stdout, stderr } = process
const serving = await startServer({
  configDir: join(folder, 'config'),
  stateDir: join(folder, 'state'),
  runDir: join(folder, 'run'),
  log: makeLog({ stdout, stderr, env: {}, quiet: true }),
})
const there: There = { url: `https://${serving.join}`, pin }
const root = openClient({ socketPath: serving.socket })

const { nodes } = await root.request('nodeList', { query: {} })
for (const { id, slot } of nodes) tell('known', id, slot)
const tokens = await root.request('tokenList', {})
for (const { role, used, closed } of tokens.tokens)
  if (role === 'node') tell('used', used, closed === null ? 'open' : 'closed')
const { outcome } = await root.request('auditCheck', {})
tell('audit', outcome)

if (task === 'check') {
  tell('end')
  await serving.close()
} else await load(known ?? (await open()))

async function open(): Promise<string> {
  const { token } = await openSite(root, there, 'aruba')
  tell('token', token)
  return token
}

async function load(token: string): Promise<void> {
  const lane = async (): Promise<never> => {
    for (;;) await joinOnce(token)
  }
  await Promise.all(Array.from({ length: 2 }, lane))
}

/** An emulated machine may be too slow for the client's patience. */
async function joinOnce(token: string): Promise<void> {
  try {
    const { answer } = await joinBy(token, there)
    tell('joined', answer.node?.id, answer.node?.slot)
  } catch (error) {
    if (!(error instanceof DynfarmError && error.code === 'server-unreachable')) throw error
  }
}

function tell(...words: unknown[]): void {
  writeSync(1, `${words.join(' ')}\n`)
}
