import type { Log } from '../../log.ts'
import type { StreamName } from '../channel-output.ts'

const colours = ['cyan', 'green', 'yellow', 'magenta', 'blue', 'cyanBright'] as const

/** `aruba-7: `, each node always in the same colour where there are colours. */
export function prefixOf({
  paint,
}: Pick<Log, 'paint'>): (node: string, stream: StreamName) => string {
  return (node, stream) => {
    const text = `${node}:`
    const colour = colours[sumOf(node) % colours.length] ?? 'cyan'
    return `${stream === 'stdout' ? paint[colour](text) : text} `
  }
}

function sumOf(text: string): number {
  return (
    [...text].reduce((sum, character) => sum * 31 + (character.codePointAt(0) ?? 0), 7) % 65_521
  )
}
