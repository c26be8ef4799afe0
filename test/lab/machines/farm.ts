import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Image, provideImage } from '../vm/image.ts'
import { cache, root } from '../vm/places.ts'
import { type Installed, installFiles } from './install.ts'
import { Machine, type Told } from './machine.ts'
import { enabled, packaged } from './packaged.ts'
import { makeSeed, type Seed } from './seed.ts'

/** Two computers and a cable: a centre, whose other hosts are namespaces in it, and a borrowed machine. */
export class Farm {
  readonly #image: Image
  readonly #folder: string
  readonly #machines: Machine[] = []
  readonly #told: Told | undefined

  private constructor(image: Image, told: Told | undefined) {
    this.#image = image
    this.#told = told
    this.#folder = mkdtempSync(join(tmpdir(), 'dynfarm-farm-'))
  }

  static async make(told?: Told): Promise<Farm> {
    return new Farm(await provideImage(root, cache), told)
  }

  /** Powers the centre's machine on, with the package and nothing of it begun. */
  centre(): Machine {
    return this.#powerOn({ name: 'hub1', other: 'cloud-7', files: centreFiles() })
  }

  /** With the package, its unit enabled, and what an image for this centre has besides. */
  borrowed(own: readonly Installed[]): Machine {
    const files = [...identity('cloud-7'), ...borrowedFiles(), ...own]
    return this.#powerOn({ name: 'cloud-7', other: 'hub1', files })
  }

  /** The same, but its image has cloud-init, and knows neither a name nor a network, which are in the seed. */
  async clouded(seed: Seed): Promise<Machine> {
    const image = await provideImage(root, cache, ['cloud-init'])
    const besides = [makeSeed(seed, this.#folder)]
    const files = [...identity('debian'), ...borrowedFiles()]
    return this.#powerOn({ name: 'cloud-7', other: 'hub1', files, image, besides })
  }

  async stop(): Promise<void> {
    await Promise.all(this.#machines.map((machine) => machine.stop()))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #powerOn({ name, other, files, image = this.#image, besides = [] }: Switched): Machine {
    const disk = join(this.#folder, `${name}.img`)
    cpSync(image.disk, disk)
    installFiles(disk, [...packaged(), ...files])
    const socket = (end: string) => join(this.#folder, `${end}.socket`)
    const mac = `52:54:00:00:00:0${this.#machines.length + 1}`
    const cable = { own: socket(name), other: socket(other) }
    const told = this.#told === undefined ? {} : { told: this.#told }
    const machine = new Machine({ name, image, disk, besides, cable, mac, ...told })
    this.#machines.push(machine)
    return machine
  }
}

interface Switched {
  name: string
  /** At the other end of its cable. */
  other: string
  files: readonly Installed[]
  image?: Image
  besides?: readonly string[]
}

const scene = (name: string) => join(import.meta.dirname, 'centre', name)

export const sceneHosts: readonly string[] = readFileSync(scene('hosts'), 'utf8')
  .split('\n')
  .filter((line) => !line.startsWith('#') && line !== '')
  .map((line) => line.split(' ')[0] ?? '')

function centreFiles(): Installed[] {
  const unit = (name: string) => ({ path: `/usr/lib/systemd/system/${name}`, file: scene(name) })
  const program = (name: string) => ({
    ...{ path: `/usr/local/sbin/${name}`, file: scene(name) },
    mode: 0o755,
  })
  return [
    ...identity('hub1'),
    ...['scene', 'scene-host', 'scene-in'].map(program),
    ...['scene.service', 'scene-host@.service'].map(unit),
    { path: '/etc/scene/hosts', file: scene('hosts') },
    enabled('scene.service'),
    ...sceneHosts.map((host) => enabled(`scene-host@${host}.service`)),
  ]
}

function borrowedFiles(): Installed[] {
  return [
    enabled('dynfarm-join.service'),
    enabled('systemd-networkd.service'),
    enabled('systemd-networkd-wait-online.service', 'network-online.target'),
  ]
}

function identity(name: string): Installed[] {
  const machineId = crypto.randomUUID().replaceAll('-', '')
  return [
    { path: '/etc/hostname', content: `${name}\n` },
    { path: '/etc/hosts', content: `127.0.0.1 localhost\n127.0.1.1 ${name}\n` },
    { path: '/etc/machine-id', content: `${machineId}\n`, mode: 0o444 },
  ]
}
