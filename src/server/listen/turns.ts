/** Has so many begin at the same time, and each other one when one of them is over. */
export interface Turns {
  /**
   * Begins now or when its turn comes: one of each source in turn, so that who waits with many keeps nobody else waiting.
   * Gives the way to say that it is over, or is not to begin any more.
   */
  take(source: string, begin: () => void): () => void
}

/** What takes longer than `longestMs` holds nobody else up from then on. */
export function makeTurns({ atOnce, longestMs }: { atOnce: number; longestMs: number }): Turns {
  /** By source, whose turn is next first; none of them is empty. */
  const waiting = new Map<string, Set<() => void>>()
  let taken = 0
  const giveUp = (source: string, start: () => void): boolean => {
    const those = waiting.get(source)
    if (those?.delete(start) !== true) return false
    if (those.size === 0) waiting.delete(source)
    return true
  }
  const beginNext = (): void => {
    for (const [source, those] of waiting) {
      if (taken >= atOnce) return
      const start = those.values().next().value
      if (start === undefined || !giveUp(source, start)) return
      // Behind all others.
      if (waiting.delete(source)) waiting.set(source, those)
      start()
    }
  }
  return {
    take: (source, begin) => {
      let timer: NodeJS.Timeout | undefined
      let isOver = false
      const start = (): void => {
        taken += 1
        timer = setTimeout(leave, longestMs).unref()
        begin()
      }
      const leave = (): void => {
        if (isOver) return
        isOver = true
        clearTimeout(timer)
        if (giveUp(source, start)) return
        taken -= 1
        beginNext()
      }
      waiting.set(source, (waiting.get(source) ?? new Set()).add(start))
      beginNext()
      return leave
    },
  }
}
