import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * A broken configuration, as an edit of the sound one beside this file, and what is said of it:
 *
 *     # title
 *     sites/aruba.yaml
 *     -services: [lsf, ce]
 *     +services: [lsf, cee]
 *     =>
 *     sites/aruba.yaml:5:16: services/1: no service "cee" …
 *
 * Lines with "-" are taken out where they stand, those with "+" put in their place; without any "-" they make
 * a new file, or are added to the end of one.
 */
export interface Case {
  title: string
  edits: Edit[]
  expected: string
}

interface Edit {
  file: string
  out: string
  in: string
}

export function parseCases(text: string): Case[] {
  const blocks = text.split(/^# /m).slice(1)
  return blocks.map((block) => {
    const [head = '', expected = ''] = block.split(/^=>\n/m)
    const [title = '', ...lines] = head.split('\n')
    return { title, edits: parseEdits(lines), expected: expected.replace(/\n+$/, '\n') }
  })
}

/** A folder with the sound configuration and these edits made, for as long as `use` takes. */
export async function withConfiguration<T>(
  edits: readonly Edit[],
  use: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'dynfarm-profile-'))
  try {
    await cp(soundFolder, dir, { recursive: true })
    for (const edit of edits) await applyEdit(dir, edit)
    return await use(dir)
  } finally {
    await rm(dir, { recursive: true })
  }
}

export const soundFolder: string = join(import.meta.dirname, 'sound')

function parseEdits(lines: readonly string[]): Edit[] {
  const edits: Edit[] = []
  for (const line of lines.filter((each) => each !== '')) {
    const mark = line[0]
    const last = edits.at(-1)
    const isNext = last !== undefined && mark === '-' && last.in !== ''
    if (isNext) edits.push({ file: last.file, out: `${line.slice(1)}\n`, in: '' })
    else if (mark === '-' && last) last.out += `${line.slice(1)}\n`
    else if (mark === '+' && last) last.in += `${line.slice(1)}\n`
    else edits.push({ file: line, out: '', in: '' })
  }
  return edits
}

async function applyEdit(dir: string, edit: Edit): Promise<void> {
  const path = join(dir, edit.file)
  await mkdir(dirname(path), { recursive: true })
  const before = await readFile(path, 'utf8').catch(() => '')
  if (before.split(edit.out).length !== 2 && edit.out !== '') {
    throw new Error(`the lines to take out are not there once in ${edit.file}:\n${edit.out}`)
  }
  await writeFile(
    path,
    edit.out === '' ? before + edit.in : before.replace(edit.out, () => edit.in),
  )
}
