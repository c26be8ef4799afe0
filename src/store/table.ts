import { join, type Query, type Row, raw, sql, type Value } from './sql.ts'

/** How a field is kept: as it is, or as JSON text. */
type Kind = 'plain' | 'json'
export type Fields<R> = Readonly<Record<keyof R & string, Kind>>

/** A record type and the table, or the part of a table, that keeps it. */
export interface Table<R> {
  readonly name: Query
  readonly columns: Query
  decode(row: Row): R
  insert(record: R): Query
  /** `a = …, b = …` for an update. */
  assign(change: Partial<R>): Query
}

export function defineTable<R extends object>(name: string, fields: Fields<R>): Table<R> {
  const entries = Object.entries<Kind>(fields).map(([field, kind]) => ({
    field,
    kind,
    column: snakeCase(field),
  }))
  const table = raw(name)
  const names = raw(entries.map(({ column }) => column).join(', '))
  const columns = raw(entries.map(({ column }) => `${name}.${column}`).join(', '))

  return {
    name: table,
    columns,
    decode: (row) => {
      const record: Record<string, unknown> = {}
      for (const { field, kind, column } of entries) record[field] = decodeValue(kind, row[column])
      return record as R
    },
    insert: (record) => {
      const values = new Map(Object.entries<unknown>(record as Record<string, unknown>))
      const cells = entries.map(({ field, kind }) => encodeCell(kind, values.get(field)))
      return sql`insert into ${table} (${names}) values (${join(cells, ', ')})`
    },
    assign: (change) => {
      const values = new Map(Object.entries<unknown>(change as Record<string, unknown>))
      const changed = entries.filter(({ field }) => values.get(field) !== undefined)
      const cells = changed.map(
        ({ field, kind, column }) => sql`${raw(column)} = ${encodeCell(kind, values.get(field))}`,
      )
      return join(cells, ', ')
    },
  }
}

function snakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function decodeValue(kind: Kind, value: unknown): unknown {
  return kind === 'json' && typeof value === 'string' ? JSON.parse(value) : value
}

function encodeCell(kind: Kind, value: unknown): Query {
  return sql`${kind === 'json' && value !== null ? JSON.stringify(value) : (value as Value)}`
}
