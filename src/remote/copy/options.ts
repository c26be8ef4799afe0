import { parseRate, parseSize } from '../../profile/quantity.ts'
import { isTooLong } from '../far-side/command.ts'
import {
  account,
  accountOf,
  type FanOutOptions,
  fanOutOptions,
  type Given,
  refuseOdd,
  text,
  usage,
} from '../options.ts'
import type { As } from './far.ts'
import { lookWords } from './get-host.ts'

export interface CopyOptions extends FanOutOptions {
  sources: readonly string[]
  target: string
  as: As
  asRecords: boolean
}

export interface PutOptions extends CopyOptions {
  /** Bits a second, of all nodes together. */
  limit: number | undefined
  /** The nodes of a site give it to each other. */
  relay: boolean
}

export interface GetOptions extends CopyOptions {
  flat: boolean
  /** Bytes of one file. */
  maxSize: number | undefined
}

export function putOptions(words: readonly string[], given: Given): PutOptions {
  const options = copyOptions(words, given)
  const limit = quantity(given, 'limit', { parse: parseRate, like: '"50M", in bits a second' })
  return { ...options, limit, relay: given['relay'] === true }
}

export function getOptions(words: readonly string[], given: Given): GetOptions {
  const options = copyOptions(words, given)
  const outside = options.sources.find((path) => path.split('/').includes('..'))
  if (outside !== undefined) throw usage(`"${outside}" has a "..": name it from / on`)
  if (isTooLong({ words: lookWords(options.sources) })) throw usage('the sources are too many')
  const maxSize = quantity(given, 'maxSize', { parse: parseSize, like: '"64MiB"' })
  return { ...options, flat: given['flat'] === true, maxSize }
}

/** A copy, as the audit has it. */
export function aboutCopy(kind: 'put' | 'get', { sources, target, user, as }: CopyOptions) {
  return { kind, command: [...sources, target], login: accountOf(user, as) }
}

function copyOptions(words: readonly string[], given: Given): CopyOptions {
  const target = words.at(-1)
  if (words.length < 2 || target === undefined) throw usage('sources and a target are needed')
  if (words.includes('')) throw usage('a path is empty')
  for (const word of words) refuseOdd(word, 'a path')
  const as = account(given, 'as')
  return {
    ...fanOutOptions(given),
    sources: words.slice(0, -1),
    target,
    as: { sudo: given['sudo'] === true, ...(as !== undefined && { as }) },
    asRecords: given['json'] === true,
  }
}

interface Kind {
  parse(text: string): number | undefined
  like: string
}

function quantity(given: Given, name: string, { parse, like }: Kind): number | undefined {
  const value = text(given, name)
  if (value === undefined) return undefined
  const number = parse(value)
  if (number === undefined) throw usage(`"${value}" is not like ${like}`)
  return number
}
