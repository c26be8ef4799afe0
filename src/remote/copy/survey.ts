import type { Entry, Source } from './manifest.ts'
import { isPlain, lineOf, type Name } from './names.ts'

/** What the survey is asked, and by line what it was asked of. */
export interface Questions {
  text: string
  asked: ReadonlyMap<number, Place>
}

/** An entry of a source that the nodes are to have. */
export interface Place {
  source: Source
  entry: Entry
}

export function renderQuestions(sources: readonly Source[], large: number): Questions {
  const lines: string[] = []
  const asked = new Map<number, Place>()
  for (const source of sources) {
    lines.push(`${kind('b', source.name)} - - ${lineOf(source.name)}`)
    for (const entry of source.entries) {
      lines.push(question(entry, large))
      asked.set(lines.length, { source, entry })
      if (entry.type === 'link')
        lines.push(`${kind('t', entry.target)} - - ${lineOf(entry.target)}`)
    }
  }
  return { text: lines.map((line) => `${line}\n`).join(''), asked }
}

function question({ type, below, hash, size }: Entry, large: number): string {
  const letter = type === 'folder' ? 'd' : type === 'link' ? 'l' : size >= large ? 'F' : 'f'
  return `${kind(letter, below)} ${hash || '-'} ${size} ${lineOf(below)}`
}

function kind(letter: string, name: Name): string {
  return isPlain(name) ? letter : `${letter}e`
}

/** What one node says about what it has. */
export interface Survey {
  /** Whether the target is a folder, into which the sources go. */
  into: boolean
  /** The same is there: its content, or the folder. */
  same: ReadonlySet<Entry>
  /** What must not be replaced, by what belongs there. */
  inTheWay: ReadonlyMap<Entry, Obstacle>
  /** How much of a large file came before. */
  partial: ReadonlyMap<Entry, number>
  /** Mode and time of what was looked at, by its path. */
  attributes: ReadonlyMap<Name, { mode: number; mtime: number }>
}

/** Of another kind: a folder where a file belongs, or the other way round. */
export type Obstacle = 'other kind' | 'device'

export interface SurveyRules {
  questions: Questions
  /** Where an entry is on the node, from the folder above on. */
  pathOf(place: Place, into: boolean): Name
}

/** Whatever is not said clearly counts as not there, and is sent. */
export function parseSurvey(text: string, { questions, pathOf }: SurveyRules): Survey | undefined {
  const [first, ...lines] = text.split('\n')
  const into = /^into ([01])$/.exec(first ?? '')?.[1]
  if (into === undefined) return undefined
  const survey = {
    into: into === '1',
    same: new Set<Entry>(),
    inTheWay: new Map<Entry, Obstacle>(),
    partial: new Map<Entry, number>(),
    attributes: new Map<Name, { mode: number; mtime: number }>(),
  }
  const places = [...questions.asked.values()]
  const byPath = new Map(places.map((place) => [pathOf(place, survey.into), place.entry]))
  for (const line of lines) {
    const hashed = /^(\.\/.*): OK$/.exec(line)?.[1]
    const entry = hashed === undefined ? undefined : byPath.get(hashed)
    if (entry !== undefined) survey.same.add(entry)
    else note(line, survey, questions)
  }
  return survey
}

interface Noted {
  same: Set<Entry>
  inTheWay: Map<Entry, Obstacle>
  partial: Map<Entry, number>
  attributes: Map<Name, { mode: number; mtime: number }>
}

function note(line: string, survey: Noted, { asked }: Questions): void {
  const [, mode, mtime, path] = /^a ([0-7]{1,5}) (-?\d{1,12}) (\.\/.*)$/.exec(line) ?? []
  if (path !== undefined) {
    survey.attributes.set(path, { mode: Number.parseInt(mode ?? '', 8), mtime: Number(mtime) })
    return
  }
  const [, letter, number, size] = /^([dl=xop]) (\d{1,9})(?: (\d{1,15}))?$/.exec(line) ?? []
  const entry = asked.get(Number(number))?.entry
  if (entry === undefined) return
  if (letter === 'x') survey.inTheWay.set(entry, 'other kind')
  else if (letter === 'o') survey.inTheWay.set(entry, 'device')
  else if (letter !== 'p') survey.same.add(entry)
  else if (Number(size) <= entry.size) survey.partial.set(entry, Number(size))
}
