import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { realMachine } from '../../../src/apply/real-machine.ts'
import { joinBy, saysOfItself } from '../../../src/client/join/update-child.ts'
import { laterOf, toPrune } from '../../../src/client/join/update-switch.ts'

const folder = mkdtempSync(join(tmpdir(), 'dynfarm-update-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const said: string[] = []
/** A script in the place of another version. */
function child(script: string, more: object = {}) {
  const executable = join(folder, 'child')
  writeFileSync(executable, `#!/bin/sh\n${script}\n`)
  chmodSync(executable, 0o755)
  return {
    ...{ machine: realMachine(), executable, version: '1.3.0', configDir: '/c', stateDir: '/s' },
    ...{ mostMs: 60_000, say: (message: string) => said.push(message), ...more },
  }
}

describe('another version', () => {
  test('is asked which it is before it may do anything', async () => {
    const right = `test "$*" = '--version --json' && echo '{"version":"1.3.0"}'`
    expect(await saysOfItself(child(right))).toBeUndefined()
  })

  test.each([
    [`echo '{"version":"1.2.9"}'`, 'it says of itself that it is version "1.2.9"'],
    ['echo 1.3.0', 'it says of itself that it is version "undefined"'],
    ['exit 127', '"--version" ended with exit code 127'],
  ])('does not do when it answers by %j', async (script, why) => {
    expect(await saysOfItself(child(script))).toBe(why)
  })

  test('does not do when it is not of this machine', async () => {
    const foreign = child('')
    writeFileSync(foreign.executable, '\u007fELF of another kind')
    expect(await saysOfItself(foreign)).toMatch(/cannot be started|ended with/)
  })

  const ready = '{"state":"ready","name":"a-1","addresses":["10.0.0.1"],"news":[1]}'
  test('joins with the folders of this one, takes no third version, and is heard', async () => {
    const script = `echo "dynfarm: args $*" >&2; echo '${ready}'`
    const joined = { state: 'ready', name: 'a-1', addresses: ['10.0.0.1'] }
    expect(await joinBy(child(script))).toEqual({ joined })
    expect(said).toEqual(['version "1.3.0": args join --as-update --json --config /c --state /s'])
  })

  const problem = '{"state":"failed","problems":[{"message":"no ce"}]}'
  test.each([
    ['kill -SEGV $$', 'its join ended with exit code 139'],
    ['exit 0', 'its join ended with exit code 0'],
    [`echo '{"state":"ready","name":"a-1"}'`, 'its join ended with exit code 0'],
    [`echo '${ready.replace('ready', 'failed')}'`, 'its join ended with exit code 0'],
    [`echo '${ready}'; exit 1`, 'its join ended with exit code 1'],
    [`echo '{"error":{"message":"no legs"}}' >&2; exit 71`, 'exit code 71: no legs'],
    [`echo '${problem}'; exit 71`, 'exit code 71: no ce'],
    ['echo "[null]"; echo null; echo 7; exit 3', 'exit code 3'],
  ])('failed when it joins by %j', async (script, why) => {
    expect(await joinBy(child(script))).toEqual({
      why: expect.stringMatching(new RegExp(`${why}$`)),
    })
  })

  test('is ended when it hangs', async () => {
    const hangs = child('trap "" TERM; sleep 100 & wait', { mostMs: 300 })
    expect(await joinBy(hangs)).toEqual({ why: 'its join did not end within 0.3 s' })
  })

  test('is ended with an interrupted join, which is no fault of its', async () => {
    const end = new AbortController()
    const joining = joinBy(child('sleep 100', { signal: end.signal }))
    end.abort()
    await expect(joining).rejects.toMatchObject({ code: 'interrupted' })
  })
})

test.each([
  [[], []],
  [['1.3.0', '1.2.0'], []],
  [['1.3.0', '1.2.0', '1.1.0'], []],
  [
    ['1.0.0', '1.3.0', '1.1.0', '1.10.0', '1.2.0', 'notes'],
    ['1.1.0', '1.0.0'],
  ],
  [['1.3.0', '1.1.0', '1.0.0', '0.9.0'], ['0.9.0']],
])('of the versions %j, these go: %j', (there, gone) => {
  expect(toPrune(there, ['1.3.0', '1.2.0'])).toEqual(gone)
})

test.each([
  ['1.2.0', ['1.1.0'], undefined],
  ['1.2.0', ['1.2.0'], undefined],
  ['1.2.0', ['1.3.0'], '1.3.0'],
  ['1.2.0', ['1.1.0', '1.3.0'], '1.3.0'],
  ['1.2.0', ['1.10.0', '1.9.0'], '1.10.0'],
])('version %s goes, of %j, before %s and what is older', (version, others, latest) => {
  expect(laterOf(version, others)).toBe(latest)
})
