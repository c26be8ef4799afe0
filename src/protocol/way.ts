import { DynfarmError } from '../errors.ts'

/** How a hub is reached by ssh. */
export interface Way {
  /** Undefined is who asks. */
  user: string | undefined
  /** A hub's name, or where it is reached. */
  name: string
  port: number
}

/** `[USER@]HUB[:PORT]`; of an address of IPv6 the brackets divide it from the port. */
export const wayPattern: string = [
  '^(?:(?<user>[A-Za-z_][\\w.-]*\\$?)@)?',
  '(?:\\[(?<literal>[0-9A-Fa-f:.]+)\\]|(?<plain>[\\w.-]+|[0-9A-Fa-f:.]+))',
  '(?::(?<port>[0-9]{1,5}))?$',
].join('')

export function parseWay(text: string): Way {
  const { user, literal, plain, port = '22' } = new RegExp(wayPattern).exec(text)?.groups ?? {}
  const name = literal ?? plain
  if (name === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw new DynfarmError('usage', `"${text}" is no way like [USER@]HUB[:PORT]`)
  return { user, name, port: Number(port) }
}
