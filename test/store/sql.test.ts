import { describe, expect, test } from 'vitest'
import { postgresDialect, sqliteDialect } from '../../src/store/migrations.ts'
import { join, raw, sql, when, where } from '../../src/store/sql.ts'

describe('sql', () => {
  test('keeps values apart from text', () => {
    const evil = "'; drop table nodes; --"
    expect(sql`select ${1} where a = ${evil}`).toEqual({
      parts: ['select ', ' where a = ', ''],
      values: [1, evil],
    })
  })

  test('puts queries into queries', () => {
    const inner = sql`b = ${2} and c = ${null}`
    expect(sql`a = ${1} and ${inner} and d = ${3}${raw('!')}`).toEqual({
      parts: ['a = ', ' and b = ', ' and c = ', ' and d = ', '!'],
      values: [1, 2, null, 3],
    })
  })

  test('joins conditions, and leaves out what is not asked for', () => {
    expect(where([])).toEqual(raw(''))
    expect(where([undefined, when(undefined, () => raw('never'))])).toEqual(raw(''))
    const both = where([when(1, (value) => sql`a = ${value}`), sql`b = ${2}`])
    expect(both).toEqual({ parts: ['where a = ', ' and b = ', ''], values: [1, 2] })
    expect(join([], ', ')).toEqual(raw(''))
  })

  test('refuses text that engines take differently', () => {
    for (const text of ['a\0', '\udc00']) expect(() => sql`${text}`).toThrow(TypeError)
  })
})

test('one schema is written for both engines', () => {
  const table = 'create table t (\n  id text primary key,\n  n bigint\n)'
  expect([sqliteDialect(table), postgresDialect(table)]).toEqual([
    'create table t (\n  id text primary key,\n  n integer\n) strict',
    'create table t (\n  id text collate "C" primary key,\n  n bigint\n)',
  ])
  expect(sqliteDialect('create index i on t (n)')).toBe('create index i on t (n)')
})
