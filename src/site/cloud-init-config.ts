import { parse } from 'yaml'
import type { ObservedFile } from './observed.ts'

export interface CloudConfig {
  /** The instance's (user-data and vendor-data), which wins over what the machine itself says. */
  instance: readonly ObservedFile[]
  /** The machine's: cloud.cfg and its drop-ins. In both lists the first that says something counts. */
  machine: readonly ObservedFile[]
}

export interface Said {
  value: unknown
  by: 'instance' | 'machine'
}

/** What cloud-init goes by, as its ConfigMerger has it: the first file with the key. */
export function whatIsSaid({ instance, machine }: CloudConfig, key: string): Said | undefined {
  const by = (who: Said['by']) => (file: ObservedFile) => {
    const values = readValues(file)
    return Object.hasOwn(values, key) ? [{ value: values[key], by: who }] : []
  }
  return [...instance.flatMap(by('instance')), ...machine.flatMap(by('machine'))][0]
}

/** As cloud-init's translate_bool. */
export function isTrue(value: unknown): boolean {
  return /^(true|1|on|yes)$/i.test(String(value).trim())
}

/** PyYAML speaks YAML 1.1. What cannot be read counts for nothing, there as here. */
function readValues({ content }: ObservedFile): Record<string, unknown> {
  try {
    const options = { version: '1.1', uniqueKeys: false, logLevel: 'error' } as const
    const value: unknown = parse(Buffer.from(content).toString('utf8'), options)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
