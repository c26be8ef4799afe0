import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Block, readMarked, writeMarked } from '../../src/site/marked-text.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const block: Block = { lines: ['one', 'two'], at: 0 }
const begin = '# begin: lines of dynfarm #dynfarm#\n'

function write(text: string, change: Partial<Block> = {}): string {
  const { foreign, at = 0 } = readMarked(bytes(text))
  return Buffer.from(writeMarked(foreign, { ...block, at, ...change })).toString('latin1')
}

function without(text: string): string {
  return Buffer.from(writeMarked(readMarked(bytes(text)).foreign, undefined)).toString('latin1')
}

const whole = `${begin}one #dynfarm#\ntwo #dynfarm#\n# end #dynfarm#\n`

describe('the block of a foreign file', () => {
  test.each<[string, string, string]>([
    ['comes first', 'a\nb\n', `${whole}a\nb\n`],
    ['needs no line end of others', 'a', `${whole}a`],
    ['stands alone in an empty file', '', whole],
    ['stays where it is', `a\n${whole}b\n`, `a\n${whole}b\n`],
    [
      'keeps CRLF and bytes that are no UTF-8',
      'a\r\n\xff\xfe\0\r\n',
      `${whole}a\r\n\xff\xfe\0\r\n`,
    ],
    ['without its end', `a\n${begin}one #dynfarm#\nb\n`, `a\n${whole}b\n`],
    ['without its begin', `a\ntwo #dynfarm#\n# end #dynfarm#\nb\n`, `a\n${whole}b\n`],
    ['twice', `${whole}a\n${whole}b\n`, `${whole}a\nb\n`],
    ['with a foreign line in it', whole.replace('two', 'mine\ntwo'), `${whole}mine\n`],
    ['with a line of its own changed', whole.replace('two', 'to'), whole],
    ['with a line of its own commented out', whole.replace('two', '#two'), whole],
    ['with line ends of Windows', whole.replaceAll('\n', '\r\n'), whole],
    ['cut off in the middle of a line', `a\n${begin}on`, `a\n${whole}on`],
    ['without the space before the mark', 'two#dynfarm#\na\n', `${whole}a\n`],
    ['older, with other lines', `${begin}zero #dynfarm#\n# end #dynfarm#\na\n`, `${whole}a\n`],
  ])('%s', (_, before, after) => {
    expect(write(before)).toBe(after)
    expect(write(after)).toBe(after)
  })

  test('what only looks like it is left alone', () => {
    const text = '# dynfarm\n10.1.1.1 a # dynfarm\n#dynfarm# b of mine\nc #dynfarm# d\n'
    expect(write(text)).toBe(`${whole}# dynfarm\n10.1.1.1 a # dynfarm\nb of mine\nc #dynfarm# d\n`)
  })

  test('follows a line that lacked its end, when it was put after it', () => {
    expect(write('a', { at: 1 })).toBe(`a\n${whole}`)
    expect(without(`a\n${whole}`)).toBe('a\n')
  })

  test('knows what was made for it', () => {
    for (const made of ['file', 'file and folder', undefined] as const) {
      expect(readMarked(bytes(write('', { made }))).made).toBe(made)
    }
    expect(readMarked(bytes('# begin in a file that dynfarm made\n')).made).toBe(undefined)
  })
})

describe('a line set aside', () => {
  const aside = (line: string) => line.startsWith('x')

  test('stands where it stood, behind the mark, and comes back', () => {
    const text = write('a\nx 1\r\nb\nx 2', { aside })
    expect(text).toBe(`${whole}a\n#dynfarm# x 1\r\nb\n#dynfarm# x 2`)
    expect(write(text, { aside })).toBe(text)
    expect(without(text)).toBe('a\nx 1\r\nb\nx 2')
  })

  test('that somebody wrote once more is kept once', () => {
    const text = `${write('x\na\n', { aside })}x\n`
    expect(write(text, { aside })).toBe(`${whole}a\n#dynfarm# x\n`)
    expect(without(text)).toBe('a\nx\n')
  })

  test('that came back below the block does not move it', () => {
    const text = `#dynfarm# x\na\n${whole}x\nb\n`
    expect(write(text, { aside })).toBe(`a\n${whole}#dynfarm# x\nb\n`)
  })

  test('twice in the file stays twice', () => {
    expect(without(write('x\nx\n', { aside }))).toBe('x\nx\n')
  })

  test('that is no longer in the way comes back at once', () => {
    expect(write(write('x\n', { aside }))).toBe(`${whole}x\n`)
  })
})

test('whatever the file holds, putting the block in and taking it out gives the same bytes', () => {
  const line = fc.constantFrom('a', 'x', 'x\r', '\xff', '', '# begin', 'y #dynfarm', '10.0.0.1 x')
  const file = fc.tuple(fc.array(line, { maxLength: 8 }), fc.boolean())
  fc.assert(
    fc.property(file, fc.array(fc.string({ unit: 'grapheme-ascii' })), ([lines, ended], own) => {
      const text = lines.join('\n') + (ended ? '\n' : '')
      const wanted = own.map((each) => each.replace(/\s/g, ' '))
      const change = { lines: ['first', ...wanted], aside: (each: string) => each.includes('x') }
      const marked = write(text, change)
      expect(without(marked)).toBe(text)
      expect(write(marked, change)).toBe(marked)
    }),
  )
})

test('whatever becomes of the block, no foreign line is lost', () => {
  const cut = fc.tuple(fc.nat(200), fc.nat(60), fc.constantFrom('', 'mine\n', 'mine'))
  const original = `a\n${whole}b\nc\n`
  fc.assert(
    fc.property(cut, ([at, length, put]) => {
      const broken = original.slice(0, at) + put + original.slice(at + length)
      const foreign = broken.split('\n').filter((line) => !/#dynfarm#\s*$/.test(line))
      const left = without(broken).split('\n')
      expect(left.filter(Boolean)).toEqual(foreign.filter(Boolean))
      expect(write(write(broken))).toBe(write(broken))
    }),
  )
})
