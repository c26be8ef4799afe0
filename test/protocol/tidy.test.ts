import { expect, test } from 'vitest'
import { tidy } from '../../src/protocol/tidy.ts'

const node = {
  properties: {
    name: { hostile: 'line' },
    addresses: { items: { hostile: 'line' } },
    outer: { properties: { port: {} } },
  },
}
const list = { properties: { nodes: { items: node } } }

function tidied(text: string) {
  const message = JSON.parse(text)
  return { message, value: tidy(list, message) }
}

test('what is clean and known is not copied', () => {
  const { message, value } = tidied('{"nodes":[{"name":"n","addresses":["a"],"outer":{"port":1}}]}')
  expect(value).toBe(message)
})

test.each([
  ['{"nodes":[{"name":"a"},{"name":"b\\u001b"}]}', '{"nodes":[{"name":"a"},{"name":"b\ufffd"}]}'],
  ['{"nodes":[{"addresses":["a","b\\n"]}]}', '{"nodes":[{"addresses":["a","b\ufffd"]}]}'],
  ['{"nodes":[{"name":"a","later":1,"addresses":[]}]}', '{"nodes":[{"name":"a","addresses":[]}]}'],
  [
    '{"nodes":[{"outer":{"x":1,"port":2},"name":"a"}]}',
    '{"nodes":[{"outer":{"port":2},"name":"a"}]}',
  ],
  ['{"nodes":[{"__proto__":{"x":1},"name":"a"}]}', '{"nodes":[{"name":"a"}]}'],
  ['{"constructor":1,"nodes":[]}', '{"nodes":[]}'],
])('%s becomes another, and is left alone itself', (text, expected) => {
  const { message, value } = tidied(text)
  expect(value).toStrictEqual(JSON.parse(expected))
  expect(JSON.stringify(message)).toBe(JSON.stringify(JSON.parse(text)))
})
