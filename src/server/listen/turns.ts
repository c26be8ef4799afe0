/** Has so many begin at the same time, and each other one when one of them is over. */
export interface Turns {
  /** Begins now or when its turn comes. Gives the way to say that it is over, or is not to begin any more. */
  take(begin: () => void): () => void
}

/** What takes longer than `longestMs` holds nobody else up from then on. */
export function makeTurns({ atOnce, longestMs }: { atOnce: number; longestMs: number }): Turns {
  const waiting = new Set<() => void>()
  let taken = 0
  const beginNext = (): void => {
    for (const start of waiting) {
      if (taken >= atOnce) return
      waiting.delete(start)
      start()
    }
  }
  return {
    take: (begin) => {
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
        if (waiting.delete(start)) return
        taken -= 1
        beginNext()
      }
      waiting.add(start)
      beginNext()
      return leave
    },
  }
}
