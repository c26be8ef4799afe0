import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { identityFromAgent } from '../../../src/remote/session/identity.ts'

test('an agent that takes the question and never answers is not waited for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dynfarm-agent-'))
  const path = join(folder, 'agent')
  const agent = createServer((end) => void end.on('error', () => undefined).unref())
  onTestFinished(() => {
    agent.close()
    rmSync(folder, { recursive: true })
  })
  await new Promise<void>((resolve) => agent.listen(path, resolve))
  await expect(identityFromAgent(path, 'anna', 50)).rejects.toMatchObject({
    code: 'identity-unusable',
    message: 'the agent does not answer',
  })
})
