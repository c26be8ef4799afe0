import { type Draft, itemsOf, type Layer, layersOf } from '../draft.ts'
import type { Finding } from '../finding.ts'
import type { Fault } from '../formats.ts'
import { didYouMean } from '../suggest.ts'
import { knownTemplateNames, placeholders } from '../template-names.ts'
import { centreFile, type Path } from '../types.ts'

/** Templates stand only where they are filled in, and say only what is known. */
export function checkTemplates(draft: Draft): Finding[] {
  const filled = layersOf(draft).flatMap(filledTexts).filter(hasTemplate)
  const files = [{ file: centreFile, site: draft.centre }, ...draft.sites]
  const all = files.flatMap(({ file, site }) => textsOf({ file, path: [], text: '' }, site))
  const places = new Set(filled.map(placeOf))
  return [
    ...unknownNames(
      filled.filter(({ isLiteral }) => !isLiteral),
      draft,
    ),
    ...all
      .filter((text) => text.key !== undefined || !places.has(placeOf(text)))
      .map(strayTemplate),
  ]
}

export interface Text {
  file: string
  path: Path
  text: string
  isSecret?: boolean | undefined
  /** Taken as it is, "{{" and all. */
  isLiteral?: boolean
  /** Set when the text is this key of the map at the path. */
  key?: string
}

/** Content, and the arguments of commands; not the program itself. */
function filledTexts({ file, path, layer }: Layer): Text[] {
  const contents = itemsOf(layer.files).flatMap(([i, { content, secret, template }]) => {
    const place = { file, path: [...path, 'files', i, 'content'] }
    return content === undefined
      ? []
      : [{ ...place, text: content, isSecret: secret, isLiteral: template === false }]
  })
  return [
    ...contents,
    ...itemsOf(layer.commands).flatMap(([i, { run, undo, unless }]) =>
      Object.entries({ run, undo, unless }).flatMap(([key, argv]) =>
        argumentsOf(argv).map(([j, text]) => ({
          file,
          path: [...path, 'commands', i, key, j],
          text,
        })),
      ),
    ),
    ...itemsOf(layer.checks).flatMap(([i, { run }]) =>
      argumentsOf(run).map(([j, text]) => ({ file, path: [...path, 'checks', i, 'run', j], text })),
    ),
  ]
}

function argumentsOf(argv: readonly (string | undefined)[] | undefined): [number, string][] {
  return itemsOf<string>(argv).filter(([index]) => index > 0)
}

/** Every text with a template in it, keys of maps included. */
function textsOf(at: Text, value: unknown): Text[] {
  if (typeof value === 'string') return [{ ...at, text: value }].filter(hasTemplate)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => {
    const path = [...at.path, Array.isArray(value) ? Number(key) : key]
    const asKey = [{ file: at.file, path: at.path, text: key, key }].filter(hasTemplate)
    return [...asKey, ...textsOf({ file: at.file, path, text: '' }, part)]
  })
}

function hasTemplate({ text }: Text): boolean {
  return text.includes('{{')
}

function placeOf({ file, path }: Text): string {
  return JSON.stringify([file, path])
}

function strayTemplate({ file, path, key }: Text): Finding {
  const what = 'templates are filled in only in "content" and in the arguments of commands'
  return { file, path, what, ...(key !== undefined && { key }) }
}

/** Of the templates in these texts, those that nothing would be put in place of. */
export function unknownNames(texts: readonly Text[], { centre }: Draft): Finding[] {
  const { services } = centre
  const known = new Set(knownTemplateNames(Object.keys(services ?? {})))
  const isKnown = (name = '') => known.has(name) || (!services && name.startsWith('service.'))
  return texts.flatMap(({ file, path, text, isSecret }) => {
    const unknown = [...placeholders(text).entries()].filter(([, { name }]) => !isKnown(name))
    return unknown.slice(0, mostInOneText).map(([template, { name }]) => {
      return { file, path, template, ...secretMark(isSecret), ...nameFault(name, known) }
    })
  })
}

const mostInOneText = 100

function nameFault(name: string | undefined, known: ReadonlySet<string>): Fault {
  if (name === undefined) {
    return { what: '"{{" without "}}"', hint: '"template: false" takes a text as it is' }
  }
  return { what: `no template name "${name}"`, ...didYouMean(name, known) }
}

function secretMark(isSecret: boolean | undefined): { secret?: true } {
  return isSecret === true ? { secret: true } : {}
}
