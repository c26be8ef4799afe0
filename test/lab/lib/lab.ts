import { DynfarmError } from '../../../src/errors.ts'
import {
  hidden,
  makeCommonFolders,
  makeHostFolders,
  planMounts,
  planSettings,
  writeFiles,
} from './disk.ts'
import { planSwitches, planUnplugging } from './fabric.ts'
import {
  createFolder,
  detach,
  hostMark,
  isLive,
  type LabFolder,
  listFolders,
  readTopology,
  removeFolder,
  rootMark,
} from './folder.ts'
import { makeKeys } from './keys.ts'
import { LabHost } from './lab-host.ts'
import { planCommonLayer, planHostLayer } from './layers.ts'
import { runInFabric } from './outside.ts'
import { killAndWait, killFor, type ProcessMark } from './process-mark.ts'
import { buildScenario, type ScenarioOptions } from './scenarios.ts'
import { type Lifeline, startHosts, startRoot } from './start.ts'
import type { HostSpec, Topology } from './topology.ts'

export interface LabOptions extends ScenarioOptions {
  /** For several labs of one runner to be told apart by eye; any number may have the same. */
  name?: string
  /** Refuse to start beside another one of this name. */
  alone?: boolean
  /** A scenario by name, or hosts of your own. */
  scenario?: string | Topology
  signal?: AbortSignal
}

/** Starts a lab that ends with the calling process at the latest, also by kill -9. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  await sweep()
  const { name = 'test', scenario = 'picture', alone = false, signal } = options
  const topology = typeof scenario === 'string' ? buildScenario(scenario, options) : scenario
  const folder = createFolder(name, topology)
  try {
    if (alone) refuseSecond(folder)
    return await bringUp(folder, topology, signal)
  } catch (error) {
    await dismantle(folder)
    throw signal?.aborted ? signal.reason : error
  }
}

/** The running lab of this name that outlived its runner. */
export function openLab(name: string): Lab {
  const folder = listFolders().find((each) => each.name === name && isLive(each))
  if (folder === undefined)
    throw new DynfarmError('step-failed', `no lab "${name}" is up`, { hint: 'scripts/lab up' })
  return new Lab(folder, readTopology(folder))
}

/** Ends every lab of this name, whoever started it. */
export async function takeDown(name: string): Promise<void> {
  for (const folder of listFolders()) if (folder.name === name) await dismantle(folder)
  await sweep()
}

/**
 * Removes what labs left whose runner was killed. One that does not end, as when somebody has stopped a process that
 * waits for it, keeps nobody from a lab of their own: the next sweep tries again.
 */
export async function sweep(patienceMs = 15_000): Promise<void> {
  for (const folder of listFolders().filter((each) => !isLive(each))) {
    const root = rootMark(folder)
    if (root === undefined || (await killFor(root, patienceMs))) removeFolder(folder)
  }
}

/** A running lab: its hosts, and the way to be rid of it. */
export class Lab {
  readonly topology: Topology
  readonly folder: LabFolder
  readonly #lifeline: Lifeline | undefined

  constructor(folder: LabFolder, topology: Topology, lifeline?: Lifeline) {
    this.folder = folder
    this.topology = topology
    this.#lifeline = lifeline
  }

  host(name: string): LabHost {
    return new LabHost(this.folder, this.#spec(name))
  }

  get hosts(): LabHost[] {
    return this.topology.hosts.map((spec) => new LabHost(this.folder, spec))
  }

  /** Power off and on: processes and devices are gone, files stay. */
  async reboot(name: string): Promise<void> {
    const spec = this.#spec(name)
    const root = this.#root()
    const mark = hostMark(this.folder, name)
    if (mark !== undefined) await killAndWait(mark)
    await runInFabric(root, planUnplugging(this.topology, spec), { force: true })
    await startHosts({ folder: this.folder, root, topology: this.topology }, [spec])
  }

  /** Lets the lab outlive the calling process; `openLab` finds it again. */
  detach(): void {
    detach(this.folder)
    this.#lifeline?.cut()
  }

  async stop(): Promise<void> {
    await dismantle(this.folder)
  }

  #spec(name: string): HostSpec {
    const spec = this.topology.hosts.find((host) => host.name === name)
    if (spec === undefined)
      throw new DynfarmError('usage', `no host "${name}" in this lab`, {
        hint: 'scripts/lab hosts',
      })
    return spec
  }

  #root(): ProcessMark {
    const root = rootMark(this.folder)
    if (root === undefined) throw new DynfarmError('step-failed', 'the lab is not running')
    return root
  }
}

/** Each looks after it made its own folder: of two at once, both may give way, but never neither. */
function refuseSecond(own: LabFolder): void {
  const isOther = (each: LabFolder) => each.name === own.name && each.path !== own.path
  if (listFolders().some((each) => isOther(each) && isLive(each)))
    throw new DynfarmError('busy', `lab "${own.name}" is up already`, { hint: 'scripts/lab down' })
}

async function bringUp(folder: LabFolder, topology: Topology, signal?: AbortSignal): Promise<Lab> {
  const { root, lifeline } = await startRoot(folder, hidden, signal)
  await makeDisks(folder, topology, `/proc/${root.pid}/root${folder.disk}`)
  await runInFabric(root, planSwitches(topology))
  await startHosts({ folder, root, topology }, topology.hosts, signal)
  return new Lab(folder, topology, lifeline)
}

async function makeDisks(folder: LabFolder, topology: Topology, view: string): Promise<void> {
  const names = topology.hosts.map((host) => host.name)
  const keys = await makeKeys(folder, ['lab', ...names])
  makeCommonFolders(view)
  writeFiles(view, planCommonLayer(topology, keys))
  for (const host of topology.hosts) {
    makeHostFolders(view, host.name)
    writeFiles(view, planHostLayer(topology, host, keys))
    writeFiles(view, [planSettings(host), planMounts(folder, host.name, projectTree)])
  }
}

/** Killing the first process ends every other one, and with them all namespaces, mounts and devices. */
async function dismantle(folder: LabFolder): Promise<void> {
  const root = rootMark(folder)
  if (root !== undefined) await killAndWait(root)
  removeFolder(folder)
}

const projectTree = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '')
