import { describe } from 'vitest'
import { describeTunnel } from './openvpn-suite.ts'

describe('OpenVPN over tcp, its hub pinned by id as before OpenVPN 2.6', () => {
  describeTunnel({ proto: 'tcp', port: 443, known: { major: 2, minor: 5 } })
})
