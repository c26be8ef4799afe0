import { describe } from 'vitest'
import { describeTunnel } from './openvpn-suite.ts'

describe('OpenVPN over udp, its hub pinned by fingerprint', () => {
  describeTunnel({ proto: 'udp', port: 1194 })
})
