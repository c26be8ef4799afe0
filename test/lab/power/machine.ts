import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { publicKeyHash } from '../../../src/pki/public-key.ts'
import { centre, writeCentre } from '../../server/test-server.ts'
import { provideImage } from '../vm/image.ts'
import { cache, root } from '../vm/places.ts'
import { boot } from './boot.ts'
import { countJoined, parseTold, type Told } from './told.ts'

export interface Failed {
  /** What it had told of `full` at each instant. */
  instants: readonly Told[]
  full: Told
  off: Told
}

/**
 * A machine with two servers, each on a disk of its own: `full` as it is, and `off`, which never syncs and begins anew each time, as what
 * is left of it may not even be a store. Its power can fail at any instant; a disk has what was flushed.
 */
export class PowerMachine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'dynfarm-power-'))
  #pin = ''
  #token = 'load'

  static async make(): Promise<PowerMachine> {
    const machine = new PowerMachine()
    const folder = machine.#folder
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    machine.#pin = await makeDisk(folder, machine.#disk('new'))
    copyFileSync(machine.#disk('new'), machine.#disk('full'))
    return machine
  }

  /**
   * Until the power fails, some time after so many joins were told outside. At the instants before, the machine stands still while the disk
   * is copied to `instant0` and on: had the power failed then, it would have left just that.
   */
  async load({ joins, instants }: { joins: number; instants: number }): Promise<Failed> {
    const at: Told[] = []
    copyFileSync(this.#disk('new'), this.#disk('off'))
    const text = await boot({
      ...(await this.#held(['full', 'off'])),
      words: ['load', this.#pin, this.#token, 'load'],
      heard: ({ pid, text, fail }) => {
        const [full, off] = [countJoined(text, 'full'), countJoined(text, 'off')]
        if (at.length < instants && full > (at.length * joins) / instants)
          at.push(this.#copy(pid, { text, name: `instant${at.length}` }))
        else if (full >= joins && off >= joins / 2) fail()
      },
    })
    const [full, off] = [parseTold(text, 'full'), parseTold(text, 'off')]
    if (this.#token === 'load') this.#token = full.token
    return { instants: at, full, off }
  }

  /** Only tells what is there. */
  async check(names: readonly string[]): Promise<Told[]> {
    const text = await boot({ ...(await this.#held(names)), words: ['check', this.#pin, ...names] })
    return names.map((name) => parseTold(text, name))
  }

  #copy(pid: number, { text, name }: { text: string; name: string }): Told {
    process.kill(pid, 'SIGSTOP')
    copyFileSync(this.#disk('full'), this.#disk(name))
    process.kill(pid, 'SIGCONT')
    return parseTold(text, 'full')
  }

  async #held(names: readonly string[]) {
    const image = await provideImage(root, cache)
    return { image, folder: this.#folder, disks: names.map((name) => this.#disk(name)) }
  }

  #disk(name: string): string {
    return join(this.#folder, `${name}.img`)
  }
}

/** With the configuration of a centre on it. Gives what its machines pin. */
async function makeDisk(folder: string, disk: string): Promise<string> {
  const content = join(folder, 'kept')
  const aruba = { site: 'aruba', nodes: '10.200.128.0/17', tunnels: ['wg'], services: ['ce'] }
  const keys = await writeCentre(join(content, 'config'), {
    server: { ...centre.server, listen: '127.0.0.1:8443', admin: '127.0.0.1:8444' },
    sites: { aruba },
  })
  mkdirSync(join(content, 'state'))
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-L', 'kept', '-d', content, disk, '128M'])
  return publicKeyHash(keys.authorities.server.certificate).toString('hex')
}
