import type { Command, FileState, Machine, Outcome } from '../../src/apply/machine.ts'
import { NetworkHost } from '../fakes/network-host.ts'
import { wireguardKey } from './records.ts'

/** A host whose network is a model, with WireGuard in its kernel and nothing else a hub asks for. */
export class HubHost implements Machine {
  readonly network = new NetworkHost()
  /** The addresses of each peer, by its key. */
  readonly peers = new Map<string, string>()
  /** Every command, in short. */
  readonly ran: string[] = []

  async run(command: Command): Promise<Outcome> {
    const { argv, input } = command
    const [program, ...words] = argv
    this.ran.push(program)
    if (program === 'wg') return done(this.#wg(words))
    if (program === 'find' || program === 'tc') return done(program === 'tc' ? '[]' : '')
    return await this.network.run({ ...command, input })
  }

  async readFile(path: string): Promise<FileState | undefined> {
    if (!path.endsWith('/boot_id')) return undefined
    return { content: Buffer.from('this boot\n'), mode: 0o444, uid: 0, gid: 0 }
  }

  async writeFile(): Promise<void> {}
  async removeFile(): Promise<void> {}

  #wg([verb, , ...words]: readonly string[]): string {
    if (verb === 'show') return this.#dump()
    const [device, ...peers] = words.join(' ').split(/(?:^| )peer /)
    if (device !== '' && !device?.startsWith('private-key')) throw new Error(`no wg ${device}`)
    for (const peer of peers) this.#setPeer(peer.split(' '))
    return ''
  }

  #setPeer([key = '', ...words]: readonly string[]): void {
    if (words[0] === 'remove') this.peers.delete(key)
    else this.peers.set(key, words[words.indexOf('allowed-ips') + 1] ?? '')
  }

  #dump(): string {
    const device = ['tun-wg', 'private', wireguardKey(500), '51820', 'off']
    const peers = [...this.peers].map(([key, addresses]) =>
      ['tun-wg', key, '(none)', '(none)', addresses, '0', '0', '0', 'off'].join('\t'),
    )
    return [device.join('\t'), ...peers].map((line) => `${line}\n`).join('')
  }
}

function done(stdout: string): Outcome {
  return { code: 0, stdout, stderr: '' }
}
