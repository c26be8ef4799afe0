/** Durations, rates and sizes: a number and its unit. Each parser gives undefined for what is not one. */

const milliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
}

const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 }

const bytes: Readonly<Record<string, number>> = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }

/** `10s`, `7d`, `5y` (of 365 days) in milliseconds. */
export function parseDuration(text: string): number | undefined {
  return quantity(/^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w|y)$/.exec(text), milliseconds)
}

/** `500Mbit`, `20M` in bits a second. */
export function parseRate(text: string): number | undefined {
  return quantity(/^([0-9]+(?:\.[0-9]+)?)(k|K|M|G|(?=bit))(?:bit)?$/.exec(text), factors)
}

/** `64KiB`, `4096B` in bytes. */
export function parseSize(text: string): number | undefined {
  return quantity(/^([0-9]+(?:\.[0-9]+)?)(|Ki|Mi|Gi)B$/.exec(text), bytes)
}

function quantity(
  match: RegExpExecArray | null,
  units: Readonly<Record<string, number>>,
): number | undefined {
  const unit = units[match?.[2] ?? 'none']
  const value = Math.round(Number(match?.[1]) * (unit ?? Number.NaN))
  return Number.isSafeInteger(value) && value > 0 ? value : undefined
}
