import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { renderScript } from '../../src/plan/script.ts'
import type { CommandStep } from '../../src/plan/step.ts'

const steps: CommandStep[] = [
  { kind: 'command', reason: 'one', argv: ['echo', "it's", 'a b'] },
  {
    kind: 'command',
    reason: 'batch',
    argv: ['ip', '-6', '-batch', '-'],
    input: 'link add x\nlink del y\n',
  },
  { kind: 'command', reason: 'text', argv: ['cat'], input: 'add table\n' },
]

test('batches become single commands, other input a here-document', () => {
  expect(renderScript(steps)).toBe(
    "# one\necho 'it'\\''s' 'a b'\n\n# batch\nip -6 link add x\nip -6 link del y\n\n# text\ncat <<'END'\nadd table\nEND\n",
  )
})

test('a shell runs it', () => {
  const script = `ip() { echo "ip $*"; }\n${renderScript(steps)}`
  const { stdout, stderr } = spawnSync('sh', ['-eu', '-c', script], { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({
    stdout: "it's a b\nip -6 link add x\nip -6 link del y\nadd table\n",
    stderr: '',
  })
})
