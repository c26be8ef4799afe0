import { Readable } from 'node:stream'
import { computeNodes } from '../../../src/remote/nodeset.ts'

export async function folded(...texts: string[]): Promise<string> {
  return (await computeNodes(texts, Readable.from([]))).folded
}

export async function expanded(text: string, input: Readable = Readable.from([])): Promise<string> {
  return (await computeNodes([text], input)).nodes.join(' ')
}
