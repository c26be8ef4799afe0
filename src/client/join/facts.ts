import { isSshKey } from '../../protocol/ssh-key.ts'
import type { Joining } from '../enrol.ts'

/** What files and commands of the machine say of it; '' where they say nothing. */
export interface RawFacts {
  hostname: string
  machineId: string
  bootId: string
  dmiUuid: string
  osRelease: string
  kernel: string
  architecture: string
  cpuinfo: string
  meminfo: string
  stat: string
  /** Of cloud-init. */
  instanceData: string
  /** The public halves, a line each. */
  sshHostKeys: string
  addresses: readonly string[]
}

type About = Pick<Joining, 'facts' | 'identity' | 'sshHostKeys'>

export function describeMachine(raw: RawFacts): About {
  const cloud = cloudOf(raw.instanceData)
  const os = osOf(raw.osRelease)
  return {
    facts: {
      hostname: hostname(raw.hostname),
      ...present({
        ...{ os: os.get('ID'), osVersion: os.get('VERSION_ID') },
        ...{ kernel: raw.kernel, architecture: raw.architecture },
        ...{ cloud: cloud.cloud_name, region: cloud.region, zone: cloud.availability_zone },
      }),
      ...amounts(raw),
      addresses: raw.addresses.slice(0, MOST_ADDRESSES),
    } as About['facts'],
    identity: {
      machineId: fact(raw.machineId) ?? null,
      dmiUuid: fact(raw.dmiUuid.toLowerCase()) ?? null,
      instanceId: fact(cloud.instance_id) ?? null,
      bootId: fact(raw.bootId) ?? null,
    },
    sshHostKeys: hostKeys(raw.sshHostKeys),
  }
}

const MOST_ADDRESSES = 64
const MOST_KEYS = 8

/** What is no fact is left out rather than refused: a machine with an odd kernel joins all the same. */
function fact(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : ''
  return /^[A-Za-z0-9._:/@+=-]{1,255}$/.test(text) ? text : undefined
}

function present(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const text = fact(value)
      return text === undefined ? [] : [[name, text]]
    }),
  )
}

function hostname(text: string): string {
  return (
    text
      .trim()
      .replace(/[^A-Za-z0-9._-]/g, '-')
      .slice(0, 255) || 'localhost'
  )
}

function osOf(release: string): Map<string, string> {
  return new Map(
    release.split('\n').flatMap((line): [string, string][] => {
      const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
      if (name === undefined || value === undefined) return []
      return [[name, value.replace(/^(["'])(.*)\1$/, '$2')]]
    }),
  )
}

function amounts({ cpuinfo, meminfo, stat }: RawFacts) {
  const cpus = cpuinfo.match(/^processor\s*:/gm)?.length
  const kilobytes = number(/^MemTotal:\s+(\d+) kB$/m.exec(meminfo))
  const booted = number(/^btime (\d+)$/m.exec(stat))
  return {
    ...(cpus !== undefined && { cpus }),
    ...(kilobytes !== undefined && { memory: Math.floor(kilobytes / 1024) }),
    ...(booted !== undefined && { booted: booted * 1000 }),
  }
}

function number(match: RegExpExecArray | null): number | undefined {
  return match?.[1] === undefined ? undefined : Number(match[1])
}

interface Cloud {
  cloud_name?: unknown
  region?: unknown
  availability_zone?: unknown
  instance_id?: unknown
}

/** cloud-init's standard keys; without cloud-init, or with half a file, there are none. */
function cloudOf(instanceData: string): Cloud {
  try {
    const { v1 } = JSON.parse(instanceData)
    return typeof v1 === 'object' && v1 !== null ? v1 : {}
  } catch {
    return {}
  }
}

function hostKeys(lines: string): string[] {
  const keys = lines.split('\n').map((line) => line.trim().split(/\s+/).slice(0, 2).join(' '))
  return [...new Set(keys.filter(isSshKey))].slice(0, MOST_KEYS)
}
