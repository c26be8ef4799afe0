import { expect, test } from 'vitest'
import { answerInterrupts } from '../../src/remote/interrupt.ts'

function person() {
  const said: string[] = []
  let listener: ((signal: NodeJS.Signals) => void) | undefined
  let pass: () => void = () => undefined
  answerInterrupts(
    (next) => {
      listener = next
    },
    { show: () => said.push('show'), stop: () => said.push('stop') },
    () =>
      new Promise((resolve) => {
        pass = resolve
      }),
  )
  const press = (signal: NodeJS.Signals = 'SIGINT') => {
    const heard = listener
    listener = undefined
    if (heard === undefined) said.push('the process ends')
    heard?.(signal)
  }
  const wait = async () => {
    pass()
    await Promise.resolve()
    await Promise.resolve()
  }
  return { said, press, wait }
}

test('the first ^C shows, the second soon after stops, the third ends the process', () => {
  const { said, press } = person()
  press()
  press()
  press()
  expect(said).toEqual(['show', 'stop', 'the process ends'])
})

test('a second one that comes late shows again', async () => {
  const { said, press, wait } = person()
  press()
  await wait()
  press()
  expect(said).toEqual(['show', 'show'])
})

test('SIGTERM stops at once', () => {
  const { said, press } = person()
  press('SIGTERM')
  expect(said).toEqual(['stop'])
})
