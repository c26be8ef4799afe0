import { describe, expect, test } from 'vitest'
import { parse } from '../../src/commands/parse.ts'
import {
  type CommandName,
  findCommand,
  groups,
  loadCommand,
  summaries,
} from '../../src/commands/table.ts'
import { exitMeanings } from '../../src/errors.ts'
import { dynfarm } from '../fakes/edge.ts'

const names = Object.keys(summaries) as CommandName[]

describe.each(names)('%s', (name) => {
  test('has examples that its own parser takes', async () => {
    const { examples } = await loadCommand(name)
    expect(examples.length).toBeGreaterThan(0)
    for (const [example] of examples) {
      const words = example.replace(/ >.*$/, '').split(' ')
      expect(words.shift()).toBe('dynfarm')
      expect(findCommand(words)).toBe(name)
      await expect(parse(words, {})).resolves.toHaveProperty('start')
    }
  })

  test('tells in its help what it does and every exit code it names', async () => {
    const { exits } = await loadCommand(name)
    const { stdout } = await dynfarm([...name.split(' '), '--help'])
    expect(stdout.replace(/\s+/g, ' ')).toContain(summaries[name])
    for (const exit of [0, 1, 64, 130, ...exits]) {
      const [code, what] = typeof exit === 'object' ? exit : [exit, exitMeanings[exit as 0]]
      expect(stdout).toContain(code === 0 ? '    0  ' : `  ${String(code).padStart(3)}  ${what}`)
    }
  })
})

test.each([
  [['check'], 'check'],
  [['--json', 'token', 'create'], 'token create'],
  [['--state', 'hub', 'join'], 'join'],
  [['hub', 'revoke', 'x'], 'hub revoke'],
  [['hub', 'rewoke'], 'hub'],
  [['token'], undefined],
  [['toString'], undefined],
  [[], undefined],
])('%j is the command %s', (words, name) => {
  expect(findCommand(words)).toBe(name)
})

test('every group is described by its commands', () => {
  const inTable = new Map<string, string[]>()
  for (const [group = '', command] of names.map((name) => name.split(' '))) {
    if (command !== undefined) inTable.set(group, [...(inTable.get(group) ?? []), command])
  }
  inTable.delete('hub')
  expect(Object.keys(groups)).toEqual([...inTable.keys()])
  for (const [group, commands] of inTable)
    expect(groups[group]).toContain(`: ${commands.join(', ')}`)
})
