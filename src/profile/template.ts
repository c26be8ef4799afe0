import { DynfarmError } from '../errors.ts'
import { type FactName, factNames, placeholders } from './template-names.ts'

/** Gives the value of a name, or undefined when there is no such name. */
export type Values = (name: string) => string | undefined

/** What a machine says of itself; what it does not know is empty. */
export type Facts = Partial<Record<FactName, string>>

/** Fills in every `{{name}}`. That all names exist was checked when the profile was loaded. */
export function renderTemplate(text: string, values: Values): string {
  let rendered = ''
  let end = 0
  for (const { name, text: written, index } of placeholders(text)) {
    const value = name === undefined ? undefined : values(name)
    if (value === undefined) throw new Error(`the template has an unknown name: ${written}`)
    rendered += text.slice(end, index) + value
    end = index + written.length
  }
  return rendered + text.slice(end)
}

/**
 * The machine is not trusted: its words may land in a script, so they cannot have spaces, quotes or anything else
 * that means something there.
 */
export function factValue(name: FactName, facts: Facts): string {
  const value = facts[name] ?? ''
  if (/^[A-Za-z0-9._:/@+=-]{0,255}$/.test(value)) return value
  throw new DynfarmError('fact-refused', `a template needs "${name}", and it is ${inQuotes(value)}`)
}

export function isFactName(name: string): name is FactName {
  return Object.hasOwn(factNames, name)
}

/** Escaped, as it comes from the machine; only the beginning, as it may be long. */
function inQuotes(value: string): string {
  return JSON.stringify(value.slice(0, 60)).replace(/[^ -~]/g, '?')
}
