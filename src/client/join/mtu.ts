/** Whether packets of so many bytes, that nobody may cut, come through and back. */
export type Carries = (bytes: number) => Promise<boolean>

/** The largest packet that comes through, within so many bytes; undefined when not even the least does. */
export async function probeMtu(
  carries: Carries,
  { least, most }: { least: number; most: number },
): Promise<number | undefined> {
  if (await carries(most)) return most
  if (!(await carries(least))) return undefined
  let [works, fails] = [least, most]
  while (fails - works > EXACT_ENOUGH) {
    const middle = (works + fails) >> 1
    if (await carries(middle)) works = middle
    else fails = middle
  }
  return works
}

/** Each look at what does not come through takes a second. */
const EXACT_ENOUGH = 8
