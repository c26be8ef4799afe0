import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { applyPlan } from '../../../src/apply/apply.ts'
import type { Machine } from '../../../src/apply/machine.ts'
import { observe } from '../../../src/apply/observe.ts'
import { realMachine } from '../../../src/apply/real-machine.ts'
import { observeNetwork } from '../../../src/client/observe-network.ts'
import { type Network, nothing } from '../../../src/net/network.ts'
import { planNetwork, requireUnblocked } from '../../../src/net/plan-network.ts'
import type { Step } from '../../../src/plan/step.ts'
import {
  clientsReadings,
  parseClients,
  planClients,
  type TunnelClient,
} from '../../../src/vpn/openvpn/clients.ts'
import { type ManagementMessage, ManagementReader } from '../../../src/vpn/openvpn/management.ts'
import {
  filePaths,
  type ObservedOpenvpn,
  type OpenvpnPlace,
  type OpenvpnProcess,
  parseRunning,
  planNoOpenvpn,
  planOpenvpn,
  processReading,
} from '../../../src/vpn/process/openvpn.ts'
import type { Reading } from '../../../src/vpn/reading.ts'
import type { LabHost } from '../lib/lab-host.ts'

/** The planners' machine, which is a host of the lab. */
export class VpnHost {
  readonly host: LabHost
  readonly machine: Machine
  readonly #state = mkdtempSync(join(tmpdir(), 'dynfarm-vpn-'))

  constructor(host: LabHost) {
    this.host = host
    this.machine = machineOn(host)
  }

  async apply(steps: readonly Step[]): Promise<void> {
    await applyPlan(steps, { machine: this.machine, state: this.#state })
  }

  async network(wanted: Network = nothing): Promise<void> {
    const plan = async () =>
      requireUnblocked(planNetwork(wanted, await observeNetwork(this.machine)))
    await this.apply(await plan())
    expect(await plan()).toEqual([])
  }

  async read({ argv, tolerate }: Reading): Promise<string> {
    return await observe(argv, { machine: this.machine, tolerate })
  }

  async openvpn(process: OpenvpnProcess): Promise<readonly Step[]> {
    const steps = planOpenvpn(process, await this.observe(process))
    await this.apply(steps)
    expect(planOpenvpn(process, await this.observe(process))).toEqual([])
    return steps
  }

  async noOpenvpn(place: OpenvpnPlace): Promise<void> {
    await this.apply(planNoOpenvpn(place, await this.observe(place)))
    expect(planNoOpenvpn(place, await this.observe(place))).toEqual([])
  }

  async clients(folder: string, wanted: readonly TunnelClient[]): Promise<void> {
    const plan = async () => {
      const readings = clientsReadings(folder)
      const [names, contents] = [
        await this.read(readings.names),
        await this.read(readings.contents),
      ]
      const { adding, removing } = planClients(
        folder,
        wanted,
        parseClients(folder, { names, contents }),
      )
      return [...adding, ...removing]
    }
    await this.apply(await plan())
    expect(await plan()).toEqual([])
  }

  async observe(place: OpenvpnPlace): Promise<ObservedOpenvpn> {
    const running = parseRunning(place, await this.read(processReading(place)))
    const files = new Map<string, string>()
    for (const path of filePaths(place)) {
      const file = await this.machine.readFile(path)
      if (file !== undefined) files.set(path, Buffer.from(file.content).toString())
    }
    return { running, files }
  }

  async reaches(address: string, seconds = 60): Promise<boolean> {
    const ping = ['ping', '-c1', `-w${seconds}`, '-i0.2', address]
    return (await this.host.run(ping)).code === 0
  }

  /** Says something to a management interface, and hears until a message of this kind comes. */
  async ask(
    socket: string,
    command: string,
    kind: ManagementMessage['kind'],
  ): Promise<ManagementMessage[]> {
    const reader = new ManagementReader()
    const messages: ManagementMessage[] = []
    const connection = createConnection(this.path(socket))
    connection.setEncoding('utf8').setTimeout(20_000, () => connection.destroy(new Error(command)))
    connection.write(command)
    for await (const piece of connection) {
      messages.push(...reader.read(piece))
      if (messages.some((message) => message.kind === kind)) break
    }
    connection.destroy()
    return messages
  }

  /** A path of the host's as this process sees it. */
  path(path: string): string {
    const enter = this.host.enter()
    return `/proc/${enter[enter.indexOf('-t') + 1]}/root${path}`
  }

  remove(): void {
    rmSync(this.#state, { recursive: true })
  }
}

function machineOn(host: LabHost): Machine {
  const real = realMachine()
  const within = (argv: readonly string[]) => [...host.enter(), ...argv] as [string, ...string[]]
  const { run } = real
  return {
    run: (command) => run({ ...command, argv: within(command.argv) }),
    readFile: async (path) => {
      const stat = await run({ argv: within(['stat', '-c', '%a %u %g', path]) })
      if (stat.code !== 0) return undefined
      const [mode = '', uid, gid] = stat.stdout.trim().split(' ')
      const { stdout } = await run({ argv: within(['cat', path]) })
      return {
        content: Buffer.from(stdout),
        mode: Number.parseInt(mode, 8),
        uid: Number(uid),
        gid: Number(gid),
      }
    },
    writeFile: async (path, { content, mode = 0o644 }) => {
      const script = 'umask 077 && cat >"$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1"'
      const argv = within(['sh', '-c', script, 'sh', path, mode.toString(8)])
      const { code, stderr } = await run({ argv, input: Buffer.from(content).toString() })
      if (code !== 0) throw new Error(stderr)
    },
    removeFile: async (path) => {
      const { code, stderr } = await run({ argv: within(['rm', '-f', path]) })
      if (code !== 0) throw new Error(stderr)
    },
  }
}
