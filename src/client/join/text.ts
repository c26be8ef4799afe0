import type { Joined } from './joined.ts'

/** What a person is told at the end. */
export function renderJoined(joined: Joined): string {
  const { name, addresses, rung, earlier, problems, changed, state, server } = joined
  const where = rung === undefined ? '' : ` by "${rung}"`
  const lines = [
    `this machine is "${name}" (${addresses.join(', ')})${where}: ${state}`,
    ...earlier.map((failed) => `rung "${failed.rung}" did not do: ${failed.why}`),
    ...problems.map(({ step, message }) => `"${step}": ${message}`),
    ...(server === 'away' ? ['the server did not answer; all is as it said last'] : []),
    ...(joined.release === undefined
      ? []
      : [`the server offers version "${joined.release}", which is not taken by itself`]),
    ...(changed ? [] : ['nothing to do']),
  ]
  return lines.join('\n')
}
