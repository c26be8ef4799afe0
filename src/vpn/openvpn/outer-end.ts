import { formatAddress, parseAddress } from '../../address.ts'

/** Where a tunnel comes from. */
export interface OuterEnd {
  address: string
  port: number
}

export function outerEnd(address: string, port: string): OuterEnd | undefined {
  const parsed = parseAddress(address.replace(/^::ffff:(?=\d+\.)/i, ''))
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0
  if (parsed === undefined || number < 1 || number > 65_535) return undefined
  return { address: formatAddress(parsed), port: number }
}

/** 192.0.2.1:1194 or [2001:db8::1]:1194; from 2.7 on behind the protocol. */
export function parseOuterEnd(text: string): OuterEnd | undefined {
  const bare = text.replace(/^(?:udp|tcp)[46]?(?:-server)?:/, '')
  const [, inBrackets, plain, port] = /^(?:\[([^\]]+)\]|([^[\]]+)):(\d{1,5})$/.exec(bare) ?? []
  return port === undefined ? undefined : outerEnd(inBrackets ?? plain ?? '', port)
}
