import { DynfarmError } from '../errors.ts'
import { checkDraft } from './checks.ts'
import type { Draft } from './draft.ts'
import type { Finding } from './finding.ts'
import { checkContents } from './load/contents.ts'
import { readFolder } from './load/folder.ts'
import { locateFindings, placeOf } from './load/locate.ts'
import { checkPrivateKeys } from './load/private-keys.ts'
import type { Reading } from './load/read.ts'
import { shape } from './load/shape.ts'
import type { SourceFile } from './load/source-file.ts'
import { readSources, referencesOf } from './load/sources.ts'
import { type Validator, validateCentre, validateSite } from './load/validators.ts'
import { countProblems, type Problem, renderProblems } from './problem.ts'
import { type Centre, centreFile, type Profile, type Site } from './types.ts'

export interface Loaded {
  /** There when there is no problem. */
  profile?: Profile
  problems: Problem[]
}

/**
 * Reads a configuration folder and finds everything that is wrong with it, in the order of files and lines.
 * Throws only a DynfarmError `config-missing`, when there is no configuration at all.
 */
export async function loadProfile(dir: string): Promise<Loaded> {
  const folder = await readFolder(dir)
  const { draft, findings } = shapeFiles(folder.files)
  const references = referencesOf(draft)
  const readings = await readSources(dir, references)
  const contents = checkContents(references, readings, draft)
  const all = [...findings, ...checkDraft(draft), ...contents.findings]
  const located = locate(all, [...folder.files, ...contents.files])
  const problems = [...folder.problems, ...located, ...(await checkPrivateKeys(dir))].sort(byPlace)
  if (problems.length > 0) return { problems }
  return { profile: newProfile(dir, { draft, files: folder.files, readings }), problems }
}

/** For whoever needs a configuration without problems: one that has some is an error that tells them all. */
export async function loadValid(dir: string): Promise<Profile> {
  const { profile, problems } = await loadProfile(dir)
  if (profile !== undefined) return profile
  const message = `"${dir}" has ${countProblems(problems)}\n${renderProblems(problems).trimEnd()}`
  throw new DynfarmError('config-invalid', message, { details: { problems } })
}

function shapeFiles(files: readonly SourceFile[]): { draft: Draft; findings: Finding[] } {
  const centre = shapeAll<Centre>(files.filter(isCentre), validateCentre)
  const sites = shapeAll<Site>(
    files.filter((source) => !isCentre(source)),
    validateSite,
  )
  const drafts = sites.map(({ file, draft }) => ({ file, site: draft }))
  return {
    draft: { centre: centre[0]?.draft ?? {}, sites: drafts },
    findings: [...centre, ...sites].flatMap(({ findings }) => findings),
  }
}

function isCentre({ file }: SourceFile): boolean {
  return file === centreFile
}

function shapeAll<T>(files: readonly SourceFile[], validate: Validator) {
  return files.flatMap(({ file, text, tree }) => {
    if (tree === undefined) return []
    const { draft, sentences } = shape<T>(tree, text, validate)
    return [{ file, draft, findings: sentences.map((sentence) => ({ file, ...sentence })) }]
  })
}

function locate(findings: readonly Finding[], files: readonly SourceFile[]): Problem[] {
  const sources = new Map(files.toReversed().map((source) => [source.file, source]))
  const byFile = [...Map.groupBy(findings, ({ file }) => file)]
  return byFile.flatMap(([file, list]) => locateFindings(file, sources.get(file), list))
}

/** What has no line comes after what has. */
function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  const [lineA, lineB] = [a.line ?? lastLine, b.line ?? lastLine]
  return lineA - lineB || (a.column ?? 0) - (b.column ?? 0)
}

const lastLine = Number.MAX_SAFE_INTEGER

interface Parts {
  draft: Draft
  files: readonly SourceFile[]
  readings: ReadonlyMap<string, Reading>
}

/** Without problems, nothing was left out of the draft: it is the configuration. */
function newProfile(dir: string, { draft, files, readings }: Parts): Profile {
  const sites = draft.sites.map(({ site }) => site as Site)
  const contents = [...readings].flatMap(([path, reading]) =>
    'content' in reading ? [[path, reading.content] as const] : [],
  )
  const sources = new Map(files.map((source) => [source.file, source]))
  return {
    dir,
    centre: draft.centre as Centre,
    sites: new Map(sites.map((site) => [site.site, site])),
    contents: new Map(contents),
    source(file, path) {
      const source = sources.get(file)
      return source && placeOf(source, path)
    },
  }
}
