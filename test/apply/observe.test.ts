import { expect, test } from 'vitest'
import { observe, observeJson } from '../../src/apply/observe.ts'
import { realMachine } from '../../src/apply/real-machine.ts'

const machine = realMachine()
const sh = (script: string) => ['sh', '-c', script] as const

test('what a command prints is returned, also far beyond the limit of other commands', async () => {
  expect(await observe(sh('echo a; echo b >&2'), { machine })).toBe('a\n')
  expect(await observe(sh('head -c 5000000 /dev/zero'), { machine })).toHaveLength(5_000_000)
})

test('a failure says what the command said', async () => {
  await expect(observe(sh('echo why >&2; exit 2'), { machine })).rejects.toMatchObject({
    code: 'command-failed',
    message: `"sh -c 'echo why >&2; exit 2'" ended with exit code 2: why`,
  })
  await expect(observe(['sleep', '300'], { machine, timeoutMs: 50 })).rejects.toMatchObject({
    message: '"sleep 300" did not end in time and was stopped',
  })
})

test('an exit code that says there is nothing to read is no failure, but no time-out is either', async () => {
  expect(await observe(sh('echo a; exit 3'), { machine, tolerate: [1, 3] })).toBe('a\n')
  await expect(observe(sh('exit 3'), { machine, tolerate: [1] })).rejects.toMatchObject({
    message: `"sh -c 'exit 3'" ended with exit code 3`,
  })
  await expect(
    observe(['sleep', '300'], { machine, timeoutMs: 50, tolerate: [124] }),
  ).rejects.toMatchObject({ message: '"sleep 300" did not end in time and was stopped' })
})

test('output that was cut is not taken for the whole', async () => {
  await expect(observe(sh('head -c 70000000 /dev/zero'), { machine })).rejects.toMatchObject({
    message: `"sh -c 'head -c 70000000 /dev/zero'" printed more than can be read`,
  })
  await expect(
    observe(sh('head -c 70000000 /dev/zero; exit 2'), { machine }),
  ).rejects.toMatchObject({ message: expect.stringContaining('ended with exit code 2') })
})

test('JSON is parsed, nothing at all is an empty list, and anything else is refused', async () => {
  expect(await observeJson(sh(`echo '[{"ifname":"lo"}]'`), { machine })).toEqual([{ ifname: 'lo' }])
  expect(await observeJson(['true'], { machine })).toEqual([])
  await expect(observeJson(['echo', 'no json'], { machine })).rejects.toMatchObject({
    code: 'command-failed',
    message: `"echo 'no json'" printed something that is not JSON`,
  })
})
