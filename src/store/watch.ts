export interface Watchers {
  add(listener: () => void): () => void
  wake(): void
}

export function makeWatchers(): Watchers {
  const listeners = new Set<() => void>()
  return {
    add: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    wake: () => {
      for (const listener of listeners) listener()
    },
  }
}
