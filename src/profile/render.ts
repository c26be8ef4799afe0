import { type Effective, isList, mapParts, type NodeFile, type Part, partsOf } from './effective.ts'
import { originText, type Sourced } from './origin.ts'
import type { Profile } from './types.ts'
import { entryLines, indent, itemLines, type YamlValue } from './yaml-text.ts'

/** The effective configuration to read, each part with the file and line it came from. */
export function renderEffective(effective: Effective, profile: Profile): string {
  const lines = partsOf(shown(effective)).flatMap(([name, part]) => partLines(name, part, profile))
  return `${lines.join('\n')}\n`
}

/** The same for programs: each value beside the place it came from, null for a default. */
export function effectiveRecord(effective: Effective, profile: Profile): Record<string, unknown> {
  return mapParts(shown(effective), ({ value, origin }) => ({
    value,
    from: originText(profile, origin) ?? null,
  }))
}

function shown(effective: Effective): Effective {
  const files = effective.files.map(({ value, origin }) => ({ value: shownFile(value), origin }))
  return { ...effective, files }
}

function shownFile(file: NodeFile): NodeFile {
  if (file.secret)
    return { ...file, content: `<redacted ${Buffer.byteLength(file.content)} bytes>` }
  if (typeof file.content === 'string') return file
  return { ...file, content: `<${file.content.length} bytes that are not text>` }
}

function partLines(name: string, part: Part, profile: Profile): string[] {
  if (!isList(part)) return noted(entryLines(name, part.value as YamlValue), part, profile)
  if (part.length === 0) return [`${name}: []`]
  const items = part.flatMap((entry) =>
    noted(indent(itemLines(entry.value as YamlValue)), entry, profile),
  )
  return [`${name}:`, ...items]
}

function noted(lines: string[], { origin }: Sourced<unknown>, profile: Profile): string[] {
  const [first = '', ...more] = lines
  const from = originText(profile, origin)
  return [`${first.padEnd(40)} # ${from === undefined ? 'default' : `from ${from}`}`, ...more]
}
