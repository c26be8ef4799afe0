import { cleanLine } from '../../protocol/hostile.ts'

/**
 * The name of a file is bytes, of any kind but NUL and `/`. Here it is a string of one character a byte, so that it is
 * compared and taken apart like any other, and nothing of it is lost.
 */
export type Name = string & { readonly isName?: true }

export function nameOf(text: string | Buffer): Name {
  return Buffer.from(text as string).toString('latin1')
}

export function bytesOf(name: Name): Buffer {
  return Buffer.from(name, 'latin1')
}

/** For a person. */
export function shown(name: Name): string {
  return cleanLine(bytesOf(name).toString())
}

export function folderOf(path: Name): Name {
  const at = path.lastIndexOf('/')
  if (at === -1) return '.'
  return at === 0 ? '/' : path.slice(0, at)
}

export function baseOf(path: Name): Name {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The parts of a path from outside that stay below where it begins; undefined when one of them leads out. */
export function partsOf(path: Name): Name[] | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  return parts.includes('..') ? undefined : parts
}

/** Whether a name may stand on a line of its own as it is, and in what sha256sum says. */
export function isPlain(name: Name): boolean {
  return !/[\\\n\r]/.test(name)
}

/** A name on a line that a shell reads: what would end the line is written as printf's %b reads it. */
export function lineOf(name: Name): string {
  return `:${name.replace(/[\\\n\r]/g, (character) => `\\0${octal(character)}`)}:`
}

function octal(character: string): string {
  return character.charCodeAt(0).toString(8).padStart(3, '0')
}
