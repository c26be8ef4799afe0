import { randomBytes } from 'node:crypto'
import { createIdentity, enrol, type Secrets } from '../../../../src/client/enrol.ts'
import { type Credential, openClient } from '../../../../src/client/requests.ts'

/** What the machines of this process are to do next. */
export interface Task {
  readonly url: string
  readonly pin: string
  readonly count: number
  /** So many at a time. */
  readonly lanes: number
  /** Absent: those that joined come back, one after the other, by their certificates. */
  readonly token?: string
}

export interface Done {
  readonly seconds: number
  /** Of each, from the first byte to the checked answer, in milliseconds. */
  readonly times: readonly number[]
  readonly cpuSeconds: number
  /** Why those failed that did. */
  readonly failures: readonly string[]
}

/**
 * Machines, as far as the server sees them: the project's own client, with its pin, a connection for each, and every
 * check of the answer. Keys are made before the clock starts, since machines make theirs elsewhere.
 */
interface Machine {
  readonly machineId: string
  readonly secrets: Secrets
  credential?: Credential
}

const joined: Machine[] = []

process.on('message', async (task: Task) => {
  process.send?.(await run(task))
})

async function run(task: Task): Promise<Done> {
  const machines = task.token === undefined ? comeBack(task.count) : await makeMachines(task.count)
  const waiting = machines.values()
  const times: number[] = []
  const failures: string[] = []
  const lane = async (): Promise<void> => {
    for (const machine of waiting) {
      const begin = performance.now()
      try {
        await join(machine, task)
        times.push(performance.now() - begin)
      } catch (error) {
        failures.push(String(error))
      }
    }
  }
  const cpu = process.cpuUsage()
  const begin = performance.now()
  await Promise.all(Array.from({ length: task.lanes }, lane))
  const seconds = (performance.now() - begin) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { seconds, times, cpuSeconds: (user + system) / 1e6, failures }
}

async function makeMachines(count: number): Promise<Machine[]> {
  const machines: Machine[] = []
  for (let index = 0; index < count; index++)
    machines.push({
      machineId: randomBytes(16).toString('hex'),
      secrets: await createIdentity(),
    })
  return machines
}

function comeBack(count: number): Machine[] {
  const machines = joined.splice(0, count)
  if (machines.length < count) throw new Error('more are to come back than have joined')
  return machines
}

async function join(machine: Machine, { url, pin, token }: Task): Promise<void> {
  const { machineId, secrets, credential } = machine
  const client = openClient({ urls: [url], pins: [pin], credential })
  try {
    const { answer } = await enrol(client, {
      ...common,
      identity: { machineId },
      secrets,
      token,
    })
    joined.push({
      ...machine,
      credential: { certificate: answer.certificate, key: secrets.key },
    })
  } finally {
    client.close()
  }
}

const common = {
  kind: 'machine',
  version: '0.1.0',
  platform: 'linux-x64',
  facts: {
    hostname: 'worker-node-of-the-bench',
    os: 'debian',
    osVersion: '12',
    kernel: '6.1.0-18-amd64',
    cpus: 8,
    memory: 32_000_000_000,
  },
  sshHostKeys: [sshKey()],
} as const

function sshKey(): string {
  const name = Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20')
  return `ssh-ed25519 ${Buffer.concat([name, randomBytes(32)]).toString('base64')}`
}
