import { expect, test } from 'vitest'
import { complaintsIn } from '../../../src/vpn/openvpn/complaints.ts'

/** As OpenVPN 2.6 tells it. */
const told = `>INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info
SUCCESS: real-time log notification set to ON
1795302348,I,OpenVPN 2.6.14 x86_64-pc-linux-gnu
1795302348,,HTTP proxy returned: 'HTTP/1.1 200 OK'
>LOG:1795302348,N,VERIFY ERROR: depth=0, error=certificate has expired: CN=\u001b[2J4a
>LOG:1795302349,,SIGUSR1[soft,tls-error] received, process restarting
>LOG:1795302350,N,VERIFY ERROR: depth=0, error=certificate has expired: CN=\u001b[2J4a
>LOG:1795302351,N,event_wait : Interrupted system call (fd=-1,code=4)
`

test('what OpenVPN complains of is told once, harmless for a terminal, without what its own end brings', () => {
  expect(complaintsIn(told)).toEqual([
    'VERIFY ERROR: depth=0, error=certificate has expired: CN=\\x1b[2J4a',
  ])
})

test.each([
  [
    "1795302348,,HTTP proxy returned: 'HTTP/1.1 407 X'\n",
    ["HTTP proxy returned: 'HTTP/1.1 407 X'"],
  ],
  [
    '>LOG:1,,AUTH: Received control message: AUTH_FAILED\n',
    ['AUTH: Received control message: AUTH_FAILED'],
  ],
  ['>LOG:1,NF,first\n>LOG:2,N,second\n>LOG:3,F,third\n', ['second', 'third']],
  ['>LOG:1,W,a warning\n>STATE:1,CONNECTING,N,,,\nhalf a li', []],
])('of %j it is %j', (said, complaints) => {
  expect(complaintsIn(said)).toEqual(complaints)
})
