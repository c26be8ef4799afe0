import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Image } from '../vm/image.ts'
import { MachineCrashed } from '../vm/once-more.ts'
import { bareMachine, channel, drive, keepTail } from '../vm/qemu.ts'
import { Agent, type Outcome } from './agent.ts'

export interface MachineOptions {
  name: string
  image: Image
  disk: string
  /** Disks that it finds beside its own, which it cannot write to. */
  besides?: readonly string[]
  /** Sockets of a cable's two ends. */
  cable: { own: string; other: string }
  /** Of its only network card. */
  mac: string
  /** Is told of every command, for who tells the story. */
  told?: Told
}

export type Told = (on: string, argv: readonly string[], outcome: Outcome) => void

export interface RunOptions {
  input?: string
  timeoutMs?: number
  /** It is nothing that an administrator would type. */
  quiet?: boolean
}

const bootMs = 600_000

/** A whole computer, from power on until `stop`; what it writes is gone after that. */
export class Machine {
  readonly name: string
  readonly #agent: Agent
  readonly #process: ReturnType<typeof start>
  readonly #console: () => string
  readonly #told: Told | undefined

  constructor(options: MachineOptions) {
    this.name = options.name
    this.#process = start(options)
    this.#console = keepTail(this.#process.stdio[1] as Readable)
    this.#told = options.told
    this.#agent = new Agent(this.#process.stdio[3] as Duplex)
    this.#process.once('exit', (_code, signal) => {
      const crashed = new MachineCrashed(`QEMU crashed, which was ${this.name}`)
      this.#agent.end(signal === 'SIGSEGV' ? crashed : new Error(`${this.name} is switched off`))
    })
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const { input = '', timeoutMs = 600_000 } = options
    const whole = ['env', 'LC_ALL=C.UTF-8', 'HOME=/root', ...argv]
    const outcome = await this.#agent.run(whole, input, timeoutMs).catch((error) => {
      if (error instanceof Error) error.message += ` (${this.name})\n${this.#console()}`
      throw error
    })
    if (options.quiet !== true) this.#told?.(this.name, argv, outcome)
    return outcome
  }

  /** The standard output of a command that must succeed. */
  async must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(argv, options)
    if (code === 0) return stdout
    throw new Error(`${this.name}: "${argv.join(' ')}" ended with ${code}: ${stderr}${stdout}`)
  }

  async sh(script: string, options: RunOptions = {}): Promise<string> {
    return await this.must(['sh', '-euc', script], options)
  }

  async write(path: string, content: string, mode = '0644'): Promise<void> {
    const argv = ['install', '-D', '-m', mode, '/dev/stdin', path]
    await this.must(argv, { input: content, quiet: true })
  }

  /** Until the agent of a boot other than that one answers; the boot's own id. */
  async booted(before?: string): Promise<string> {
    const until = Date.now() + bootMs
    let patienceMs = 1000
    while (Date.now() < until) {
      if (await this.#agent.isThere(patienceMs)) {
        const boot = await this.boot().catch(() => before)
        if (boot !== before && boot !== undefined) return boot
      } else patienceMs = Math.min(30_000, patienceMs * 2)
      await sleep(200)
    }
    throw new Error(`${this.name} did not boot\n${this.#console()}`)
  }

  async boot(): Promise<string> {
    return (await this.must(['cat', '/proc/sys/kernel/random/boot_id'], { quiet: true })).trim()
  }

  /** As an administrator would, with everything stopped in its order. */
  async reboot(): Promise<void> {
    const before = await this.boot()
    await this.must(['systemctl', '--no-block', 'reboot'])
    await this.booted(before)
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
  }
}

/** It ends with the process that started it, however that ends. */
function start({ image, disk, besides = [], cable, mac }: MachineOptions) {
  const { own, other } = cable
  const ends = `local.type=unix,local.path=${own},remote.type=unix,remote.path=${other}`
  const argv = [
    ...bareMachine(image, { memoryMB: 1024, kernelWords }),
    ...[disk, ...besides].flatMap((one) => drive(one, 'snapshot=on')),
    ...['-netdev', `dgram,id=cable,${ends}`],
    ...['-device', `virtio-net-pci,netdev=cable,mac=${mac}`],
    ...['-uuid', crypto.randomUUID()],
    ...channel('org.qemu.guest_agent.0', 3),
  ]
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...argv], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  })
}

/** The card is eth0, and the unit of scripts/vm does not end this machine. */
const kernelWords = ['net.ifnames=0', 'systemd.mask=dynfarm-vm.service']
