import { expect, test } from 'vitest'
import { parseMoment, renderSpan, renderTime } from '../../../src/client/admin/times.ts'

const now = new Date('2026-03-10T12:00:00Z')
const ms = (text: string) => new Date(text).getTime()

test.each([
  ['2026-03-01T12:00Z', ms('2026-03-01T12:00:00Z')],
  ['2026-03-01 12:00:30+02:00', ms('2026-03-01T10:00:30Z')],
  ['2026-03-01T12:00:30.250Z', ms('2026-03-01T12:00:30.250Z')],
  ['2026-03-01T12:00', ms('2026-03-01T12:00')],
  ['2026-03-01', ms('2026-03-01T00:00')],
  ['-2h', ms('2026-03-10T10:00:00Z')],
  ['-1.5d', ms('2026-03-09T00:00:00Z')],
])('%s is a time', (text, moment) => {
  expect(parseMoment(text, now)).toBe(moment)
})

test('a time of day is the last that there was', () => {
  const noon = new Date(2026, 2, 10, 12, 0, 30)
  expect(parseMoment('10:30', noon)).toBe(new Date(2026, 2, 10, 10, 30).getTime())
  expect(parseMoment('12:00:30', noon)).toBe(noon.getTime())
  expect(parseMoment('12:00:31', noon)).toBe(new Date(2026, 2, 9, 12, 0, 31).getTime())
  expect(parseMoment('0:05', noon)).toBe(new Date(2026, 2, 10, 0, 5).getTime())
})

test.each([
  ...['', 'yesterday', '24:00', '10:60', '10:30:60', '1:2', '2026-02-30', '2026-13-01T00:00Z'],
  ...['2026-03-01T25:00Z', '2h', '-2', '--2h', '-99999y', '1', '2026-03-01T12:00Zx', '-0h'],
])('"%s" is none', (text) => {
  expect(() => parseMoment(text, now)).toThrow(`"${text}" is not a time`)
})

test('a time is shown as it is taken', () => {
  expect(renderTime(ms('2026-03-01T12:00:30.9Z'))).toBe('2026-03-01T12:00:30Z')
  expect(parseMoment(renderTime(now.getTime()), now)).toBe(now.getTime())
})

test.each([
  [-5000, '0s'],
  [400, '0s'],
  [59_000, '59s'],
  [59_600, '1m'],
  [3_599_000, '59m'],
  [7_200_000, '2h'],
  [86_399_000, '23h'],
  [5.9 * 86_400_000, '5d'],
])('%d ms are %s', (span, text) => {
  expect(renderSpan(span)).toBe(text)
})
