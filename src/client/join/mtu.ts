/** Whether packets of so many bytes, that nobody may cut, come through and back. */
export type Carries = (bytes: number) => Promise<boolean>

/** The largest packet that comes through, within so many bytes; undefined when not even the least does. */
export async function probeMtu(
  carries: Carries,
  { least, most }: { least: number; most: number },
): Promise<number | undefined> {
  if (await carries(most)) return most
  let works: number | undefined
  let fails = most
  while (works === undefined || fails - works > EXACT_ENOUGH) {
    const sizes = works === undefined ? [least, ...between(least, fails)] : between(works, fails)
    const looks = await Promise.all(sizes.map(async (size) => ({ size, ok: await carries(size) })))
    const largest = looks.findLast(({ ok }) => ok)?.size ?? works
    if (largest === undefined) return undefined
    works = largest
    fails = sizes.find((size) => size > largest) ?? fails
  }
  return works
}

/** Each look at what does not come through takes a second: so many at once. */
const AT_ONCE = 16
const EXACT_ENOUGH = 8

function between(works: number, fails: number): number[] {
  const step = Math.max(1, (fails - works) / (AT_ONCE + 1))
  const count = Math.min(AT_ONCE, fails - works - 1)
  return Array.from({ length: count }, (_, at) => Math.floor(works + step * (at + 1)))
}
