import { randomBytes } from 'node:crypto'
import { attributesScript, fileScript, surveyScript, treeScript } from '../far-side/copy-scripts.ts'
import { archiveOf } from './archive.ts'
import { renderAttributes } from './attributes.ts'
import { after, inputOf, once } from './chunks.ts'
import type { Step } from './far.ts'
import { noLimit } from './limit.ts'
import { largeFrom } from './manifest.ts'
import { bytesOf, isPlain, lineOf } from './names.ts'
import type { Placed, PutPlan } from './plan-put.ts'
import type { PutJob, Way } from './put-host.ts'

export function surveyStep({ target, needsFolder, questions }: PutJob): Step {
  const name = bytesOf(target.name).toString()
  const args = [target.path, target.above, name, needsFolder ? '1' : '0']
  return { words: inSh(surveyScript, args), input: freely(questions.text) }
}

export function treeStep(tree: readonly Placed[], { top, blocks, tally }: Way): Step {
  const staging = `.dynfarm-${randomBytes(8).toString('hex')}`
  const archive = archiveOf(tree, staging, ({ entry }) => blocks.all(entry))
  return { words: inSh(treeScript, [top, staging]), input: inputOf(archive, tally) }
}

export function aloneStep(
  { entry, path, offset }: PutPlan['alone'][number],
  { top, blocks, tally }: Way,
): Step {
  const { hash, size, mode, mtime } = entry
  const facts = [hash, size, offset, mode.toString(8), mtime, size >= largeFrom ? 1 : 0]
  const head = `${isPlain(path) ? 'p' : 'pe'} ${lineOf(path)}\n`
  return {
    words: inSh(fileScript, [top, ...facts.map(String)]),
    input: inputOf(after(head, blocks.all(entry, offset)), tally),
  }
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
