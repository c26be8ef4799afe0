/**
 * Node raises its own soft limit of open files to the hard one as it starts, before anything can look. A job is to have what
 * whoever started dynfarm has: undefined where that is no lower, or is of other making, as its hard limit shows. Both texts are
 * /proc/PID/limits.
 */
export function softLimitBefore(starter: string, own: string): number | undefined {
  const [before, now] = [limitsIn(starter), limitsIn(own)]
  const isSame = before.hard !== undefined && before.hard === now.hard
  return isSame && Number(before.soft) < Number(before.hard) ? Number(before.soft) : undefined
}

function limitsIn(text: string): { soft: string | undefined; hard: string | undefined } {
  const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(text) ?? []
  return { soft, hard }
}
