import { KeyObject } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Client } from 'ssh2'
import { expect, test } from 'vitest'
import { prepareKeys } from '../../../src/remote/session/cipher-keys.ts'

test('keys are prepared at every handshake, where a cipher has such a key', () => {
  const protocol = { _cipher: { _encKey: Buffer.alloc(16, 1) }, _decipher: {} }
  const client = Object.assign(new EventEmitter(), { _protocol: protocol }) as unknown as Client
  prepareKeys(client)
  client.emit('handshake')
  const { _encKey: key } = client._protocol._cipher
  expect(key instanceof KeyObject && key.export().equals(Buffer.alloc(16, 1))).toBe(true)
  client.emit('handshake')
  expect(client._protocol._cipher._encKey).toBe(key)
  expect(client._protocol._decipher._decipherKey).toBeUndefined()
})
