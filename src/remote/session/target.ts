import type { Identity } from './identity.ts'

export interface Target {
  name: string
  addresses: readonly string[]
  port: number
  hostKeys: readonly string[]
  /** The host showed other keys at its last join, and nobody has accepted them. */
  hasChangedKeys: boolean
}

/** As whom, and how patiently. */
export interface DirectLogin {
  user: string
  identity: Identity
  /** For the connection, and again until the login stands. */
  timeout: number
  /** What the host may send on a channel before any of it was taken. */
  window: number
}
