import { randomBytes } from 'node:crypto'
import { encodeParts, type FilePart } from '../../protocol/relay-parts.ts'
import { KiB } from '../../protocol/size.ts'
import { attributesScript, fileScript, surveyScript, treeScript } from '../far-side/copy-scripts.ts'
import { fetchScript } from '../far-side/relay-scripts.ts'
import { isShared } from '../relay/shared.ts'
import { archiveOf } from './archive.ts'
import { renderAttributes } from './attributes.ts'
import { after, inputOf, once } from './chunks.ts'
import type { Step } from './far.ts'
import { noLimit } from './limit.ts'
import { type Entry, largeFrom } from './manifest.ts'
import { bytesOf, isPlain, lineOf } from './names.ts'
import type { Placed, PutPlan } from './plan-put.ts'
import type { PutJob, Way } from './put-job.ts'

/** Few questions go with the command: sshd takes no input before that runs, which is a round trip later. */
const mostInCommand = 16 * KiB

export function surveyStep({ target, needsFolder, questions }: PutJob): Step {
  const name = bytesOf(target.name).toString()
  const args = [target.path, target.above, name, needsFolder ? '1' : '0']
  const { text } = questions
  if (text.length <= mostInCommand && isAscii(text))
    return { words: inSh(surveyScript, [...args, text.trimEnd()]) }
  return { words: inSh(surveyScript, args), input: freely(text) }
}

/** A command is text; names are bytes. */
function isAscii(text: string): boolean {
  return /^[\n -~]*$/.test(text)
}

export function treeStep(tree: readonly Placed[], way: Way): Step {
  const staging = `.dynfarm-${randomBytes(8).toString('hex')}`
  const make: Making = (contentOf) => archiveOf(tree, staging, ({ entry }) => contentOf(entry, 0))
  return sendStep([treeScript, way.top, staging], make, way)
}

export function aloneStep({ entry, path, offset }: PutPlan['alone'][number], way: Way): Step {
  const { hash, size, mode, mtime } = entry
  const facts = [hash, size, offset, mode.toString(8), mtime, size >= largeFrom ? 1 : 0]
  const head = `${isPlain(path) ? 'p' : 'pe'} ${lineOf(path)}\n`
  const make: Making = (contentOf) => after(head, contentOf(entry, offset))
  return sendStep([fileScript, way.top, ...facts.map(String)], make, way)
}

type Making = <T>(contentOf: ContentFrom<T>) => AsyncIterable<Buffer | T>
type ContentFrom<T> = (entry: Entry, offset: number) => AsyncIterable<Buffer | T>

/** All of it from here, or what a sibling has from there. */
function sendStep(
  [script = '', ...args]: readonly string[],
  make: Making,
  { blocks, tally, offer }: Way,
): Step {
  const fromHere = (entry: Entry, offset: number) => blocks.all(entry, offset)
  if (offer === undefined)
    return { words: inSh(script, args), input: inputOf(make<never>(fromHere), tally) }
  const parts = make<FilePart>((entry, offset) =>
    isShared(entry) ? filePart(entry, offset) : fromHere(entry, offset),
  )
  return {
    words: inSh(fetchScript, [script, ...args]),
    input: inputOf(encodeParts(offer, parts), tally),
  }
}

async function* filePart({ hash, size }: Entry, offset: number): AsyncGenerator<FilePart> {
  if (offset < size) yield { hash, offset, size }
}

export function attributesStep(attributes: readonly Placed[], { top }: Way): Step {
  return { words: inSh(attributesScript, [top]), input: freely(renderAttributes(attributes)) }
}

function freely(text: string) {
  return inputOf(once(text), { limit: noLimit, onSent: () => undefined })
}

function inSh(script: string, args: readonly string[]): string[] {
  return ['/bin/sh', '-c', script, 'dynfarm', ...args]
}
