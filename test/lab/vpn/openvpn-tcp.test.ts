import { describe } from 'vitest'
import { describeTunnel } from './openvpn-suite.ts'

describe('OpenVPN over tcp, the node without a key of its own, as OpenVPN 2.4', () => {
  describeTunnel({ proto: 'tcp', port: 443, known: { major: 2, minor: 4 } })
})
