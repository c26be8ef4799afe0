/** A line of OpenVPN's configuration: the option and its values. */
export type Option = readonly [option: string, ...values: (string | number)[]]

/** OpenVPN cuts longer lines off without a word. */
const longestLine = 250

export function renderConfig(options: readonly Option[]): string {
  return options.map((option) => `${renderLine(option)}\n`).join('')
}

/** No option at all where the condition does not hold. */
export function when(condition: unknown, ...options: readonly Option[]): readonly Option[] {
  return condition ? options : []
}

function renderLine(option: Option): string {
  const line = option.map((word) => quote(String(word))).join(' ')
  if (line.length > longestLine) throw new Error(`a line too long for OpenVPN: "${line}"`)
  return line
}

/** What has no place in a line (a line end, another control character) is refused rather than escaped. */
function quote(word: string): string {
  if (/[\0-\x1f\x7f]/.test(word))
    throw new Error(`not for a configuration: ${JSON.stringify(word)}`)
  if (/^[A-Za-z0-9_./:@%+,=-]+$/.test(word)) return word
  return `"${word.replace(/[\\"]/g, '\\$&')}"`
}
