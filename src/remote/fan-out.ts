/** Works on all, so many at once, in their order; what has not begun when it is stopped is left out. */
export async function fanOut<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  { width, isStopped }: { width: number; isStopped(): boolean },
): Promise<T[]> {
  let next = 0
  const worker = async () => {
    while (next < items.length && !isStopped()) {
      const item = items[next++] as T
      await work(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  return items.slice(next)
}
