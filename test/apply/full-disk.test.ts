import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from '../fakes/folder.ts'

const source = join(import.meta.dirname, '../../src')

/** Runs a script in which `small` is a file system of 32 KiB and `host` a folder on a large one. */
function onSmallDisk(script: string): unknown {
  const base = testFolder()
  mkdirSync(join(base, 'small'))
  mkdirSync(join(base, 'host'))
  const whole = `
    import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
    import { applyPlan } from '${source}/apply/apply.ts'
    import { realMachine } from '${source}/apply/real-machine.ts'
    const [small, host] = ['${base}/small', '${base}/host']
    const machine = realMachine()
    const fillUp = (path) => {
      try { for (;;) appendFileSync(path, Buffer.alloc(4096)) } catch {}
    }
    const write = (path, content) => ({ kind: 'file', reason: '', path, content })
    ${script}`
  const mount =
    'mount -t tmpfs -o size=32k,mode=700 small "$1/small" && exec "$2" --input-type=module -e "$3"'
  const argv = ['-rm', 'sh', '-c', mount, 'sh', base, process.execPath, whole]
  return JSON.parse(execFileSync('unshare', argv, { encoding: 'utf8' }))
}

test('a journal that finds no room stops before the first change', () => {
  const told = onSmallDisk(`
    writeFileSync(host + '/big', Buffer.alloc(40000))
    const steps = [write(host + '/new', 'a'), write(host + '/big', 'a')]
    const error = await applyPlan(steps, { machine, state: small }).catch((thrown) => thrown)
    const { code, message } = error
    const big = readFileSync(host + '/big').length
    console.log(JSON.stringify([code, message.replaceAll(small, '').replaceAll(host, ''), readdirSync(host), big, readdirSync(small + '/apply')]))`)
  expect(told).toEqual([
    'state-unwritable',
    '"write /big (1 byte)" failed: "/apply/journal.jsonl" cannot be written: no space left on device',
    ['big'],
    40000,
    ['lock'],
  ])
})

test('a run that goes on after that writes a journal of its own', () => {
  const told = onSmallDisk(`
    const { transact } = await import('${source}/apply/transaction.ts')
    const undo = [{ argv: ['rmdir', host + '/d'] }]
    const filled = '/filled'
    const codes = await transact({ machine, state: small }, async (run) => {
      const step = { kind: 'command', reason: '', argv: ['mkdir', host + '/d'], undo }
      fillUp(small + filled)
      const first = await run.apply([step]).catch((error) => error.code)
      rmSync(small + filled)
      const second = await run.apply([step]).then(() => 'applied')
      const lines = readFileSync(small + '/apply/journal.jsonl', 'utf8').trim().split('\\n')
      return [first, second, ...lines.map((line) => JSON.parse(line).type)]
    })
    console.log(JSON.stringify(codes))`)
  expect(told).toEqual(['state-unwritable', 'applied', 'header', 'begin', 'done'])
})

test('a file that finds no room stays as it was, with nothing beside it', () => {
  const told = onSmallDisk(`
    writeFileSync(small + '/file', 'old')
    const steps = [write(small + '/new', 'a'), write(small + '/file', 'x'.repeat(40000))]
    const error = await applyPlan(steps, { machine, state: host + '/state' }).catch((thrown) => thrown)
    const { code, message } = error
    console.log(JSON.stringify([code, message.replaceAll(small, ''), readFileSync(small + '/file', 'utf8'), readdirSync(small)]))`)
  expect(told).toEqual([
    'step-failed',
    '"write /file (40000 bytes)" failed: no space left on device',
    'old',
    ['file'],
  ])
})
