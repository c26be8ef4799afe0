import { certificateFault, privateKeyFault, publicKeyFault } from '../checks/contents.ts'
import { unknownNames } from '../checks/templates.ts'
import type { Draft } from '../draft.ts'
import type { Finding } from '../finding.ts'
import type { Fault } from '../formats.ts'
import { decodeText } from './decode.ts'
import { openMode } from './private-keys.ts'
import type { Reading } from './read.ts'
import { type SourceFile, sourceFile } from './source-file.ts'
import type { Reference } from './sources.ts'

export interface CheckedContents {
  findings: Finding[]
  /** Those with templates, for the findings within them. */
  files: SourceFile[]
}

/** Whether each file that the configuration names is what it is named for. */
export function checkContents(
  references: readonly Reference[],
  readings: ReadonlyMap<string, Reading>,
  draft: Draft,
): CheckedContents {
  const templates = new Map<string, SourceFile & { isSecret: boolean }>()
  const findings = references.flatMap((reference) => {
    const reading = readings.get(reference.source)
    const fault = reading && faultOf(reading, reference.use)
    if (fault !== undefined) return [about(reference, fault)]
    if (reference.use === 'template')
      templates.set(reference.source, templateFile(reference, reading))
    return []
  })
  const files = [...templates.values()]
  const texts = files.map(({ file, text, isSecret }) => ({ file, path: [], text, isSecret }))
  return { findings: [...findings, ...unknownNames(texts, draft)], files }
}

function faultOf(reading: Reading, use: Reference['use']): Fault | undefined {
  if ('fault' in reading) return reading.fault
  if (use === 'verbatim') return undefined
  const { text, fault } = decodeText(reading.content)
  if (use === 'public key') return publicKeyFault(text)
  if (use === 'private key') return privateKeyFault(text) ?? openFault(reading.mode)
  if (use === 'certificate') return certificateFault(text)
  if (fault === undefined) return undefined
  return { what: 'is not UTF-8, so no templates can be filled in', hint: 'write "template: false"' }
}

function openFault(fileMode: number): Fault | undefined {
  const mode = openMode(fileMode)
  return mode === undefined
    ? undefined
    : { what: `is open to others (mode ${mode})`, hint: 'chmod 0600' }
}

function about({ file, path, source }: Reference, { what, hint }: Fault): Finding {
  return { file, path, what: `"${source}" ${what}`, ...(hint !== undefined && { hint }) }
}

function templateFile({ source, isSecret }: Reference, reading: Reading | undefined) {
  const content = reading !== undefined && 'content' in reading ? reading.content : new Uint8Array()
  return { ...sourceFile(source, decodeText(content).text), isSecret }
}
