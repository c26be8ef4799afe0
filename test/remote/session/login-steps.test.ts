import type { Client } from 'ssh2'
import { expect, test } from 'vitest'
import { askTogether, passOverHostKeys } from '../../../src/remote/session/login-steps.ts'
import { logInTo } from './log-in.ts'

test('a key is shown once, with its signature', async () => {
  const asked: boolean[] = []
  await logInTo((client) => {
    client
      .on('error', () => undefined)
      .on('authentication', (context) => {
        asked.push(context.signature !== undefined)
        context.accept()
      })
  })
  expect(asked).toEqual([true])
})

test('host keys that are told without a question are passed over, and nothing else', () => {
  const answered: unknown[] = []
  const handlers = {
    GLOBAL_REQUEST: (_: unknown, name: string, wantsReply: boolean) =>
      void answered.push([name, wantsReply]),
  }
  passOverHostKeys({ _protocol: { _handlers: handlers } } as unknown as Client)
  handlers.GLOBAL_REQUEST(undefined, 'hostkeys-00@openssh.com', false)
  handlers.GLOBAL_REQUEST(undefined, 'hostkeys-00@openssh.com', true)
  handlers.GLOBAL_REQUEST(undefined, 'keepalive@openssh.com', true)
  expect(answered).toEqual([
    ['hostkeys-00@openssh.com', true],
    ['keepalive@openssh.com', true],
  ])
})

test('the login is asked for with its service; who signs by what is told in between waits', () => {
  expect(stepsOf('ssh-ed25519')).toEqual(['service', 'login', 'granted'])
  expect(stepsOf('ssh-rsa')).toEqual(['service', 'granted', 'login'])
})

/** What ssh2 does, in its order: it asks for the service, and for the login when that is granted. */
function stepsOf(type: string): string[] {
  const steps: string[] = []
  const protocol = {
    service: () => void steps.push('service'),
    _handlers: { SERVICE_ACCEPT: (_: unknown, __: string) => void steps.push('login') },
  }
  askTogether({ _protocol: protocol } as unknown as Client, { type })
  protocol.service()
  steps.push('granted')
  protocol._handlers.SERVICE_ACCEPT(undefined, 'ssh-userauth')
  return steps
}
