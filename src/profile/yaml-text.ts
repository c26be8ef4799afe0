/**
 * Writes values as YAML for people to read. Whatever a terminal would act on is written as an escape, and what is
 * written reads back as the same value.
 */
export type YamlValue = string | number | boolean | readonly YamlValue[] | YamlMap

export interface YamlMap {
  readonly [key: string]: YamlValue | undefined
}

export function entryLines(key: string, value: YamlValue): string[] {
  const [first = '', ...more] = yamlLines(value)
  const beginsBeside = typeof value !== 'object' || first.startsWith('[') || first === '{}'
  if (beginsBeside) return [`${scalar(key)}: ${first}`, ...indent(more)]
  return [`${scalar(key)}:`, ...indent([first, ...more])]
}

export function itemLines(value: YamlValue): string[] {
  const [first = '', ...more] = yamlLines(value)
  return [`- ${first}`, ...indent(more)]
}

export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`))
}

function yamlLines(value: YamlValue): string[] {
  if (typeof value === 'string') return isBlock(value) ? blockLines(value) : [scalar(value)]
  if (typeof value !== 'object') return [scalar(value)]
  return isList(value) ? listLines(value) : mapLines(value)
}

function isList(value: readonly YamlValue[] | YamlMap): value is readonly YamlValue[] {
  return Array.isArray(value)
}

function listLines(list: readonly YamlValue[]): string[] {
  const fitsOneLine = list.every((item) => typeof item !== 'object' && !isBlock(item))
  return fitsOneLine ? [`[${list.map(scalar).join(', ')}]`] : list.flatMap(itemLines)
}

function mapLines(map: YamlMap): string[] {
  const lines = Object.entries(map).flatMap(([key, value]) =>
    value === undefined ? [] : entryLines(key, value),
  )
  return lines.length === 0 ? ['{}'] : lines
}

/** Several lines, of which none has to be escaped or would be taken for layout. */
function isBlock(value: YamlValue): boolean {
  return (
    typeof value === 'string' &&
    /^[^\s]/.test(value) &&
    value.includes('\n') &&
    !/^[ \t]+$/m.test(value) &&
    !unsafe.test(value.replace(/[\n\t]/g, ''))
  )
}

function blockLines(text: string): string[] {
  const end = /\n*$/.exec(text)?.[0].length ?? 0
  const header = end === 0 ? '|-' : end === 1 ? '|' : '|+'
  return [header, ...text.replace(/\n$/, '').split('\n')]
}

/** Controls, line separators, and what turns the direction of writing or cannot be seen. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/u

function scalar(value: YamlValue): string {
  if (typeof value !== 'string') return String(value)
  return isPlain(value) ? value : quoted(value)
}

/** What YAML can only take for a text: words, paths, options, addresses, durations. */
function isPlain(text: string): boolean {
  if (/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)) return false
  if (/^[0-9]+(\.[0-9]+){3}(\/[0-9]+)?$/.test(text)) return true
  if (/^[0-9]+(ms|[smhdwy])$/.test(text)) return true
  return /^(--?)?[A-Za-z/][A-Za-z0-9_/.@%+=: -]*$/.test(text) && !/: |[: ]$/.test(text)
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(new RegExp(unsafe, 'gu'), escaped)
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const digits = code.toString(16)
  return code > 0xffff ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`
}
