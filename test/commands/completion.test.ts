import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { dynfarm } from '../fakes/edge.ts'

/** What bash itself offers for a line that ends at the cursor. */
async function complete(line: string): Promise<string[]> {
  const { stdout } = await dynfarm(['completion', 'bash'])
  const words = line.split(' ')
  const script = `${stdout}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}
_dynfarm
printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout: offered, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return offered.trim().split('\n')
}

test.each([
  ['dynfarm ch', ['check']],
  ['dynfarm token ', ['create', 'list', 'revoke', 'open']],
  ['dynfarm token create --si', ['--site']],
  ['dynfarm join --dry', ['--dry-run']],
  ['dynfarm check --js', ['--json']],
])('bash completes "%s"', async (line, words) => {
  expect(await complete(line)).toEqual(words)
})

test('zsh and fish scripts name every top command', async () => {
  for (const shell of ['zsh', 'fish']) {
    const { stdout } = await dynfarm(['completion', shell])
    for (const word of ['check', 'join', 'token']) expect(stdout).toContain(word)
  }
})

test('another shell is refused by name', async () => {
  const { code, stderr } = await dynfarm(['completion', 'csh'])
  expect(code).toBe(64)
  expect(stderr).toContain('"csh"')
})
