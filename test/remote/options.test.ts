import { describe, expect, test } from 'vitest'
import { execOptions, type Given } from '../../src/remote/options.ts'

const read = (given: Given, words = ['true']) => execOptions(words, { nodes: ['a'], ...given })

test('what is not given has its default', () => {
  expect(read({})).toMatchObject({
    user: 'root',
    width: 64,
    connectTimeout: 10_000,
    commandTimeout: undefined,
    retries: 0,
    view: 'live',
    prefix: true,
    readsInput: true,
    command: { words: ['true'], sudo: false, env: [] },
  })
})

test('durations are seconds where no unit is given', () => {
  expect(read({ connectTimeout: '3', commandTimeout: '5m' })).toMatchObject({
    connectTimeout: 3000,
    commandTimeout: 300_000,
  })
})

describe('it refuses', () => {
  test.each<[Given, string]>([
    [{ fanout: '0' }, '"0" is no number from 1 on'],
    [{ fanout: '-1' }, '"-1" is no number'],
    [{ fanout: '1e9' }, '"1e9" is no number'],
    [{ retry: 'x' }, '"x" is no number from 0 on'],
    [{ connectTimeout: '0' }, '"0" is no duration'],
    [{ commandTimeout: '1y' }, '"1y" is no duration'],
    [{ as: '-x' }, '"-x" is no name of an account'],
    [{ login: 'a b' }, '"a b" is no name of an account'],
    [{ env: ['A=1', '1A=2'] }, '"1A=2" is no assignment'],
    [{ env: ['LD_PRELOAD'] }, '"LD_PRELOAD" is no assignment'],
    [{ lock: '../x' }, '"../x" is no name for a lock'],
    [{ lock: '..' }, '".." is no name for a lock'],
    [{ diff: true }, '--diff needs --gather'],
    [{ json: true, gather: true }, '--json and --gather do not go together'],
    [{ cwd: 'a\0b' }, 'an argument has a NUL character'],
    [{ env: ['A=\ufffd'] }, 'an argument is no UTF-8: "A=\ufffd"'],
  ])('%j', (given, message) => {
    expect(() => read(given)).toThrow(message)
  })

  test('a command that no host could take as one line', () => {
    const long = 'x'.repeat(128 * 1024)
    expect(() => read({}, ['echo', long])).toThrow('the command is too long')
    expect(() => read({}, ['echo', "'".repeat(64 * 1024)])).toThrow('the command is too long')
    expect(read({}, ['echo', long.slice(8192)]).command.words).toHaveLength(2)
  })

  test('no nodes', () => {
    expect(() => execOptions(['true'], {})).toThrow(
      expect.objectContaining({ code: 'nothing-selected' }),
    )
  })
})
