/** One line of /proc/net/tcp, whose addresses are in the byte order of the machine. */
const line =
  /^\s*\d+: ([0-9A-F]{8}):([0-9A-F]{4}) ([0-9A-F]{8}):([0-9A-F]{4}) [0-9A-F]{2} \S+ \S+ \S+\s+(\d+)/

const LOOPBACK = ['0100007F', '7F000001']

/**
 * Whose socket it is that has this port of the loopback and is connected to that one; undefined for one that is not
 * there any more, and so is nobody's.
 */
export function parseOwner(
  table: string,
  { port, to }: { port: number; to: number },
): number | undefined {
  for (const text of table.split('\n')) {
    const [, from = '', fromPort, there = '', toPort, uid] = line.exec(text) ?? []
    const isOurs = LOOPBACK.includes(from) && LOOPBACK.includes(there)
    if (isOurs && fromPort === hex(port) && toPort === hex(to)) return Number(uid)
  }
  return undefined
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}
