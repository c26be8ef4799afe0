import type { SecureVersion } from 'node:tls'

/** Both ends hold a key of 32 random bytes for this one connection, so no certificates; each has both directions new. */
export const suite: {
  ciphers: string
  minVersion: SecureVersion
  maxVersion: SecureVersion
  ca: string[]
} = {
  // Node knows pre-shared keys up to TLS 1.2; ECDHE keeps what was sent closed when a key is found later.
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  // Where nothing stands here, the root certificates of all the world are read, which takes a third of the start.
  ca: [],
}

/** The longest line that one side says to the other: a hash and where to begin. */
export const longestAsk = 100

/** Neither side waits longer than this for the other one's next bytes. */
export const silenceMs = 60_000
