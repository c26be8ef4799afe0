import type { Machine } from '../apply/machine.ts'
import { DROP_IN, type ObservedCloudInit } from '../site/cloud-init.ts'
import { instanceFiles, machineFiles, templateFile } from '../site/cloud-init-files.ts'
import type { ObservedFile } from '../site/observed.ts'
import { parseZeroEnded, readCommands } from '../site/read.ts'
import { fileUnlessRefused, outputOf } from './reading.ts'

export async function observeCloudInit(machine: Machine): Promise<ObservedCloudInit> {
  const found = await outputOf(machine, readCommands.dropIns)
  const dropIns = parseZeroEnded(found ?? '').filter((path) => path !== DROP_IN)
  const ofMachine = await readAll(machine, machineFiles(dropIns))
  const path = templateFile(ofMachine)
  const template = path && (await fileUnlessRefused(machine, path))
  return {
    instance: await readAll(machine, instanceFiles),
    machine: ofMachine,
    takesDropIns: found !== undefined,
    dropIn: await fileUnlessRefused(machine, DROP_IN),
    template: path && template ? { path, file: template } : undefined,
  }
}

async function readAll(machine: Machine, paths: readonly string[]): Promise<ObservedFile[]> {
  const files = await Promise.all(paths.map((path) => fileUnlessRefused(machine, path)))
  return files.filter((file) => file !== undefined)
}
