import { mkdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { realMachine } from '../../src/apply/real-machine.ts'
import { keepKnown } from '../../src/hub/memory.ts'
import { revokeAtHub } from '../../src/hub/revoke.ts'
import { makeLog } from '../../src/log.ts'
import { testFolder } from '../fakes/folder.ts'
import { KeptStream } from '../fakes/stream.ts'
import { feedNode, known } from './records.ts'

const log = makeLog({ stdout: new KeptStream(), stderr: new KeptStream(), env: {} })

test('a name that no node has is told, with the place where the names are', async () => {
  const stateDir = testFolder()
  mkdirSync(`${stateDir}/hub`)
  const list = `${stateDir}/hub/known.json`
  const revoke = () => revokeAtHub({ stateDir, ownState: undefined, log, node: 'aruba-7' })
  const unknown = { code: 'not-found', message: 'this hub knows no node "aruba-7"' }
  await expect(revoke()).rejects.toMatchObject({
    ...{ ...unknown, hint: `it knows none at all: nothing of a hub is in "${list}"` },
  })
  const now = known(feedNode(1))
  await keepKnown(realMachine(), stateDir, { now, before: undefined })
  await expect(revoke()).rejects.toMatchObject({
    ...{ ...unknown, hint: `those that it knows stand in "${list}", by name and id` },
  })
})
