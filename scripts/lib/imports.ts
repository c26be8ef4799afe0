import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix, resolve } from 'node:path'
import { findCircle } from './circles.ts'
import {
  type Effect,
  edgeOnly,
  effectsOf,
  everywhere,
  type Layer,
  layers,
  processesOnly,
} from './layers.ts'

/** Every import that goes against the table of layers or round in a circle, and every effect outside its place. */
export function checkImports(root: string): string[] {
  const files = globSync('src/**/*.ts', { cwd: root })
    .sort()
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
  return [...files.flatMap(({ file, text }) => checkFile(file, text)), ...checkCircles(files)]
}

interface File {
  file: string
  text: string
}

/** Types count too: what needs one another to be understood is one thing. Only what is loaded late may look back. */
export function checkCircles(files: readonly File[]): string[] {
  const circle = findCircle(new Map(files.map(({ file, text }) => [file, needsOf(file, text)])))
  return circle === undefined ? [] : [`in a circle: ${circle.join(' → ')}`]
}

function needsOf(file: string, text: string): string[] {
  return readImports(text)
    .filter(({ specifier, isLate }) => specifier.startsWith('.') && !isLate)
    .map(({ specifier }) => posix.join(dirname(file), specifier))
}

export function checkFile(file: string, text: string): string[] {
  const layer = layers[layerOf(file)]
  if (layer === undefined) return [`${file}: "${layerOf(file)}" is not in the table of layers`]
  const imports = readImports(text).flatMap((found) => checkImport({ file, layer, ...found }))
  return [...imports, ...checkGlobals(file, text, layer)]
}

function checkGlobals(file: string, text: string, layer: Layer): string[] {
  const edge = edgeOnly.exec(text)?.[0]
  const process = processesOnly.exec(text)?.[0]
  return [
    ...(edge === undefined ? [] : [`${file}: only bin may use "${edge}"`]),
    ...(process === undefined || allowedIn(file, layer).includes('processes')
      ? []
      : [`${file}: may not use "${process}"`]),
  ]
}

interface Found {
  specifier: string
  typeOnly: boolean
  /** Loaded where it is needed, and not before. */
  isLate: boolean
  /** The names in braces, where there are any. */
  names: readonly string[]
}

/** The formatter leaves every import in one of three forms, so no parser is needed. */
function readImports(text: string): Found[] {
  const statements =
    /^(?:import|export)(?<type> type)?\b(?<clause>[^'"`;=]*?)\bfrom '(?<from>[^']+)'/gm
  const bare = /^import '(?<from>[^']+)'|\bimport\('(?<from2>[^']+)'\)/gm
  return [
    ...[...text.matchAll(statements)].map(({ groups }) => ({
      specifier: groups?.['from'] ?? '',
      typeOnly: groups?.['type'] !== undefined,
      isLate: false,
      names: (groups?.['clause'] ?? '').match(/\w+/g) ?? [],
    })),
    ...[...text.matchAll(bare)].map(({ groups }) => ({
      specifier: groups?.['from'] ?? groups?.['from2'] ?? '',
      typeOnly: false,
      isLate: groups?.['from2'] !== undefined,
      names: [],
    })),
  ]
}

interface Import extends Found {
  file: string
  layer: Layer
}

function checkImport(found: Import): string[] {
  return found.specifier.startsWith('.') ? checkInside(found) : checkOutside(found)
}

function checkInside({ file, layer, specifier, typeOnly }: Import): string[] {
  const target = posix.join(dirname(file), specifier)
  const to = layerOf(target)
  if (to === layerOf(file) || everywhere.includes(to)) return []
  const allowed = [...layer.imports, ...(typeOnly ? (layer.types ?? []) : [])]
  const path = target.replace(/^src\//, '').replace(/\.ts$/, '')
  return allowed.includes(to) || allowed.includes(path) ? [] : [`${file}: may not import ${target}`]
}

/** Telling an address from a name needs no network, though the function lives in node:net. */
const pureNames = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'type'])

function checkOutside({ file, layer, specifier, typeOnly, names }: Import): string[] {
  const effect = effectsOf[specifier]
  if (effect === undefined || typeOnly) return []
  if (specifier === 'node:net' && names.every((name) => pureNames.has(name))) return []
  return allowedIn(file, layer).includes(effect)
    ? []
    : [`${file}: may not use "${specifier}" (${effect})`]
}

function allowedIn(file: string, { effects = {} }: Layer): readonly Effect[] {
  const inLayer = file.replace(/^src\/[^/]+\//, '')
  return effects[inLayer] ?? effects[`${posix.dirname(inLayer)}/`] ?? effects['*'] ?? []
}

function layerOf(file: string): string {
  return (
    file
      .replace(/^src\//, '')
      .replace(/\.ts$/, '')
      .split('/')[0] ?? ''
  )
}

if (import.meta.main) {
  const problems = checkImports(resolve(import.meta.dirname, '../..'))
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length === 0 ? 0 : 1
}
