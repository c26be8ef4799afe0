import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createReleaseKey } from '../../src/pki/release-key.ts'
import { followRotations, signRotation } from '../../src/pki/rotation.ts'
import type { Statement } from '../../src/pki/statement.ts'

const [first, second, third] = [createReleaseKey(), createReleaseKey(), createReleaseKey()]
const issued = new Date('2026-03-01T12:00:00Z')
const toSecond = signRotation({ centre: 'example', successor: second.public, issued }, first)
const toThird = signRotation({ centre: 'example', successor: third.public, issued }, second)

describe('the release key', () => {
  it.each<[string, string, Statement[], string]>([
    ['nothing was signed', first.public, [], first.public],
    ['it handed on once', first.public, [toSecond], second.public],
    ['it handed on twice', first.public, [toSecond, toThird], third.public],
    ['a machine has come half the way', second.public, [toSecond, toThird], third.public],
    ['a machine has come all the way', third.public, [toSecond, toThird], third.public],
    ['the first statement is missing', first.public, [toThird], first.public],
    ['the statements are the wrong way round', first.public, [toThird, toSecond], second.public],
    ['an old one comes again', second.public, [toSecond], second.public],
  ])('is followed when %s', (_, pinned, statements, key) => {
    expect(followRotations(pinned, { centre: 'example', statements })).toBe(key)
  })

  it('does not follow what is not its own word', () => {
    const { private: other } = createReleaseKey()
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const successor = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const rotation = { centre: 'example', successor: second.public, issued }
    const statements = [
      signRotation({ ...rotation, centre: 'other' }, first),
      signRotation(rotation, { public: first.public, private: other }),
      signRotation({ ...rotation, successor }, first),
      signRotation(rotation, { public: third.public, private: first.private }),
      { ...toSecond, text: toSecond.text.replace('example', 'exemple') },
      { ...toSecond, signature: '' },
      { text: '', signature: '!' },
    ]
    expect(followRotations(first.public, { centre: 'example', statements })).toBe(first.public)
  })
})
