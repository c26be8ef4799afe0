import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openClient } from '../../../src/client/requests.ts'
import { DynfarmError } from '../../../src/errors.ts'
import { makeLog } from '../../../src/log.ts'
import { type Serving, startServer } from '../../../src/server/serve.ts'
import { joinBy, openSite, type There } from '../../server/joiner.ts'

/**
 * In the machine: for each line of standard input, `PIN TASK STORE FOLDER`, a server in this one process, and what its store knows, a line
 * each. A task other than `check` is the token, or `load` for a new one, by which machines then join until the power fails. Each line
 * leaves the machine by one write, after what it tells was answered.
 */
for (const line of readFileSync(0, 'utf8').trim().split('\n')) {
  const [pin = '', task = '', store = '', folder = ''] = line.split(' ')
  const { stdout, stderr } = process
  const serving = await startServer({
    configDir: join(folder, 'config'),
    stateDir: join(folder, 'state'),
    runDir: join(folder, 'run'),
    at: { listen: '127.0.0.1:0', admin: '127.0.0.1:0' },
    log: makeLog({ stdout, stderr, env: {}, quiet: true }),
  })
  await tellAll(serving, store)
  if (task !== 'check') await load(serving, { pin, task, store })
  await serving.close()
}

async function tellAll({ socket }: Serving, store: string): Promise<void> {
  const root = openClient({ socketPath: socket })
  const { nodes } = await root.request('nodeList', { query: {} })
  for (const { id, slot } of nodes) tell(store, 'known', id, slot)
  const { tokens } = await root.request('tokenList', {})
  for (const { role, used, closed } of tokens)
    if (role === 'node') tell(store, 'used', used, closed === null ? 'open' : 'closed')
  const { outcome } = await root.request('auditCheck', {})
  tell(store, 'audit', outcome)
  root.close()
}

interface Task {
  pin: string
  task: string
  store: string
}

async function load(serving: Serving, { pin, task, store }: Task): Promise<void> {
  const there: There = { url: `https://${serving.join}`, pin }
  const token = task === 'load' ? await open(serving, there, store) : task
  const lane = async (): Promise<never> => {
    for (;;) await joinOnce(token, there, store)
  }
  await Promise.all(Array.from({ length: 2 }, lane))
}

async function open({ socket }: Serving, there: There, store: string): Promise<string> {
  const root = openClient({ socketPath: socket })
  const { token } = await openSite(root, there, 'aruba')
  tell(store, 'token', token)
  return token
}

/** An emulated machine may be too slow for the client's patience. */
async function joinOnce(token: string, there: There, store: string): Promise<void> {
  try {
    const { answer } = await joinBy(token, there)
    tell(store, 'joined', answer.node?.id, answer.node?.slot)
  } catch (error) {
    if (!(error instanceof DynfarmError && error.code === 'server-unreachable')) throw error
  }
}

function tell(...words: unknown[]): void {
  writeSync(1, `${words.join(' ')}\n`)
}
