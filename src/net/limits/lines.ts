import { deviceName, wholeNumber } from '../names.ts'
import type { Filter } from './filters.ts'
import { type ObservedFilter, TOP_CLASS, type TreePlace } from './limits.ts'

/** Lines of `tc -batch`. */
export interface Lines {
  adding: string[]
  removing: string[]
}

export interface WantedClass {
  id: number
  /** All that it may have, in bits a second. */
  most: number
}

interface Classes {
  place: TreePlace
  /** What all of them share. */
  rate: number
  /** How many times more the top class lets through than that. */
  room: number
  observed: ReadonlyMap<number, number>
}

export function classLines(wanted: readonly WantedClass[], tree: Classes): Lines {
  const { device, major } = tree.place
  const dev = deviceName(device)
  const kept = new Set(wanted.map(({ id }) => id))
  const isThere = ({ id, most }: WantedClass) => isRate(tree.observed.get(id), most)
  // Shares and turns follow from the rate of all, which a listed class does not tell.
  const isOther = wanted.some((one) => one.id === TOP_CLASS && !isThere(one))
  return {
    adding: wanted
      .filter((one) => isOther || !isThere(one))
      .map((one) => `class replace dev ${dev} ${classWords(one, tree)}`),
    removing: [...tree.observed.keys()]
      .filter((id) => !kept.has(id))
      .map((id) => `class del dev ${dev} classid ${major.toString(16)}:${id.toString(16)}`),
  }
}

/** tc rounds what it lists to four digits. */
function isRate(observed: number | undefined, wanted: number): boolean {
  return observed !== undefined && Math.abs(observed - wanted) <= wanted / 500
}

/**
 * Each has next to nothing for sure, so that all classes that there may be have less than the rate together. All above is
 * lent by the top class, in turns of one size: who wants more than a share gets what others leave.
 */
function classWords({ id, most }: WantedClass, { place, rate, room }: Classes): string {
  const isTop = id === TOP_CLASS
  const own = isTop ? most : Math.max(8, 8 * Math.floor(rate / 8 / 0x10000))
  const turn = Math.round(Math.min(0x10000, Math.max(3000, rate / 8 / 1000)))
  const burst = room * Math.round(Math.max(0x4000, most / room / 8 / 1000))
  const major = place.major.toString(16)
  const where = `parent ${major}:${isTop ? '' : TOP_CLASS} classid ${major}:${id.toString(16)}`
  const ceil = `ceil ${wholeNumber(most)}bit cburst ${burst}`
  return `${where} htb rate ${wholeNumber(own)}bit burst ${isTop ? burst : 1600} ${ceil} quantum ${turn}`
}

/** What lacks, and what is there twice or is not wanted. Tables stay: nothing leads into one by itself. */
export function difference(
  wanted: readonly Filter[],
  observed: readonly ObservedFilter[],
  place: string,
): Lines {
  const left = new Map(wanted.map((filter) => [filter.key, filter]))
  const surplus = observed.filter(({ key }) => !left.delete(key) && !key.includes(' table '))
  return {
    adding: [...left.values()].map(({ line }) => line),
    removing: surplus.map(
      ({ pref, handle }) => `filter del ${place} pref ${pref} handle ${handle} u32`,
    ),
  }
}
