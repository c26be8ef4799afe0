import type { Command, Machine, Outcome } from '../../src/apply/machine.ts'
import { DynfarmError } from '../../src/errors.ts'
import { settingsReading } from '../../src/net/settings.ts'
import { IpModel } from './network-host-ip.ts'
import { listSettings } from './network-host-list.ts'
import { NftModel } from './network-host-nft.ts'
import { Refusal, type Words } from './network-host-words.ts'

/**
 * A model of a Linux host's network, for the commands that src/net makes and no others: what the kernel
 * would refuse exits with its words, and what the model does not know is thrown as a bug.
 */
export class NetworkHost implements Machine {
  readonly ip: IpModel
  readonly nft = new NftModel()

  /** Without `perDeviceForwarding` it is a kernel before 6.17. */
  constructor({ perDeviceForwarding = true } = {}) {
    this.ip = new IpModel(perDeviceForwarding)
  }

  async run({ argv, input, signal }: Command): Promise<Outcome> {
    if (signal?.aborted) throw new DynfarmError('interrupted', 'interrupted')
    try {
      return { code: 0, stdout: this.#dispatch(argv, input), stderr: '' }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { code: error.code, stdout: '', stderr: `${error.message}\n` }
    }
  }

  readFile(): Promise<never> {
    return Promise.reject(new Error('the model has no files'))
  }

  readonly writeFile = this.readFile
  readonly removeFile = this.readFile

  #dispatch([program, ...words]: Words, input: string | undefined): string {
    switch (program) {
      case 'ip':
        return this.#ip(words, input)
      case 'nft':
        return this.#nft(words.join(' '), input ?? '')
      case 'sysctl':
        return this.ip.sysctl(words)
      case 'sh':
        if (words.join(' ') !== settingsReading.slice(1).join(' '))
          throw new Error('no such script')
        return listSettings(this.ip.sysctls)
      default:
        throw new Error(`the model has no ${program}`)
    }
  }

  #ip(words: Words, input: string | undefined): string {
    if (input === undefined) return this.ip.command(words)
    const [, family, force] = /^(-[46] )?(-force )?-batch -$/.exec(words.join(' ')) ?? []
    if (words.at(-2) !== '-batch') throw new Error(`the model has no ip ${words.join(' ')}`)
    return this.#batch(family?.trim() ?? '', input, force !== undefined)
  }

  #batch(family: string, input: string, force: boolean): string {
    const failures: string[] = []
    for (const [at, line] of input.trimEnd().split('\n').entries()) {
      try {
        this.ip.command([...(family === '' ? [] : [family]), ...line.split(' ')])
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        failures.push(`${error.message}\nCommand failed -:${at + 1}`)
        if (!force) break
      }
    }
    if (failures.length > 0) throw new Refusal(failures.join('\n'), 1)
    return ''
  }

  #nft(words: string, input: string): string {
    if (words === '-j list ruleset inet') return this.nft.list()
    if (words !== '-f -') throw new Error(`the model has no nft ${words}`)
    this.nft.transaction(input)
    return ''
  }
}
