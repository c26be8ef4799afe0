import { describe, expect, test } from 'vitest'
import { ASK_WHETHER, parseAsk, renderAsk } from '../../src/stream/ask.ts'

const parse = (text: string) => parseAsk(Buffer.from(text))

describe('what is asked of a hub', () => {
  test.each([
    { address: '192.0.2.22', port: 9618 },
    { address: '2001:db8::1', port: 65_535 },
  ])('comes back as it was: $address', (target) => {
    const line = renderAsk(target)
    expect(parse(`${line}data`)).toEqual({ length: line.length, ask: target })
  })

  test('is a line, or not there yet', () => {
    expect(parse('connect 192.0.2.')).toBeUndefined()
    expect(parse(ASK_WHETHER)).toEqual({ length: ASK_WHETHER.length, ask: 'whether' })
  })

  test.each([
    ...['connect ce01.example.org 9618', 'connect 192.0.2.22 0', 'connect 192.0.2.22 65536'],
    ...['connect 192.0.2.256 9618', 'connect  9618', 'GET / HTTP/1.1', '', 'whether '],
  ])('is refused as %j', (line) => {
    expect(parse(`${line}\n`)).toMatchObject({ ask: 'bad' })
  })

  test('is not waited for without end', () => {
    expect(parse('x'.repeat(80))).toMatchObject({ ask: 'bad' })
  })
})
