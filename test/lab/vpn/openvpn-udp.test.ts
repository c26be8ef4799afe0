import { describe } from 'vitest'
import { describeTunnel } from './openvpn-suite.ts'

describe('OpenVPN over udp', () => {
  describeTunnel({ proto: 'udp', port: 1194 })
})
