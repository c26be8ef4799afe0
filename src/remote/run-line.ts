import { randomBytes } from 'node:crypto'
import type { RequestOf } from '../protocol/endpoints.ts'
import { fold } from './nodeset/fold.ts'
import { hostClasses } from './outcome.ts'
import type { HostRecord } from './record.ts'

/** A run, as the audit has it. */
export type RunLine = RequestOf<'remoteRuns'>['runs'][number]

export interface Begun {
  kind: RunLine['kind']
  command: readonly string[]
  login: string
  nodes: readonly string[]
  by: string
  at: number
}

/** Before it has ended: so it stays when whoever runs it dies. Ids are in the order of their beginning. */
export function beginLine({ nodes, command, at, ...run }: Begun): RunLine {
  const id = `${String(at).padStart(14, '0')}-${randomBytes(8).toString('hex')}`
  return {
    ...{ ...run, id, began: at, command: clipAll(command), nodes: clip(fold(nodes)) },
    ...{ count: nodes.length, outcome: 'unknown', ended: [] },
  }
}

export interface Ended {
  records: readonly Pick<HostRecord, 'node' | 'class'>[]
  interrupted: boolean
  at: number
}

export function endLine(line: RunLine, { records, interrupted, at }: Ended): RunLine {
  const ended = hostClasses.flatMap((hostClass) => {
    const nodes = records.filter((record) => record.class === hostClass).map(({ node }) => node)
    const one = { class: hostClass, count: nodes.length, nodes: clip(fold(nodes)) }
    return nodes.length === 0 ? [] : [one]
  })
  const isFine = records.every((record) => record.class === 'ok')
  const outcome = interrupted ? 'interrupted' : isFine ? 'done' : 'failed'
  return { ...line, outcome, ended, lasted: Math.max(0, Math.min(at - line.began, longest)) }
}

/** The longest time that the protocol has. */
const longest = 86_400_000
const longestText = 2000
const mostWords = 64

/** The audit tells what was run, and is no place for a script of a megabyte. */
function clipAll(words: readonly string[]): string[] {
  const kept = words.slice(0, mostWords - 1).map(clip)
  return words.length < mostWords ? kept : [...kept, `… (${words.length} words)`]
}

function clip(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text
}
