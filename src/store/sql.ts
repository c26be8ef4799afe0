export type Value = string | number | null
export type Row = Readonly<Record<string, unknown>>

/** Text of SQL with the values that stand between its parts; each engine writes its own placeholders. */
export interface Query {
  readonly parts: readonly string[]
  readonly values: readonly Value[]
}

/** What runs queries: a connection inside a transaction. */
export interface Sql {
  all(query: Query): Promise<Row[]>
  /** Gives the number of rows changed. */
  run(query: Query): Promise<number>
}

/** SQL as a template: values become parameters, queries are put in as they are. */
export function sql(strings: TemplateStringsArray, ...inserts: readonly (Value | Query)[]): Query {
  const parts = [strings[0] ?? '']
  const values: Value[] = []
  inserts.forEach((insert, index) => {
    const after = strings[index + 1] ?? ''
    if (isQuery(insert)) splice(parts, values, insert)
    else addValue(parts, values, insert)
    parts.push((parts.pop() ?? '') + after)
  })
  return { parts, values }
}

function isQuery(insert: Value | Query): insert is Query {
  return typeof insert === 'object' && insert !== null
}

function splice(parts: string[], values: Value[], query: Query): void {
  const [first = '', ...rest] = query.parts
  parts.push((parts.pop() ?? '') + first, ...rest)
  values.push(...query.values)
}

/** PostgreSQL refuses what is checked for here, SQLite would change it: neither is to see it. */
function addValue(parts: string[], values: Value[], value: Value): void {
  if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
    throw new TypeError('text with a NUL or half a surrogate pair cannot be kept')
  parts.push('')
  values.push(value)
}

/** Names of tables and columns, and other text of ours. */
export function raw(text: string): Query {
  return { parts: [text], values: [] }
}

export function join(queries: readonly Query[], separator: string): Query {
  const [first = raw(''), ...rest] = queries
  return rest.reduce((joined, query) => sql`${joined}${raw(separator)}${query}`, first)
}

/** `where a and b`, or nothing where there are no conditions. */
export function where(conditions: readonly (Query | undefined)[]): Query {
  const given = conditions.filter((condition) => condition !== undefined)
  return given.length === 0 ? raw('') : sql`where ${join(given, ' and ')}`
}

export function when(
  value: Value | undefined,
  condition: (value: Value) => Query,
): Query | undefined {
  return value === undefined ? undefined : condition(value)
}

export async function first(sql: Sql, query: Query): Promise<Row | undefined> {
  return (await sql.all(query))[0]
}

/** The one row that a query always gives. */
export async function only(sql: Sql, query: Query): Promise<Row> {
  const row = await first(sql, query)
  if (row === undefined) throw new Error(`no row from: ${query.parts.join('?')}`)
  return row
}
