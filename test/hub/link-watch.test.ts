import { expect, test } from 'vitest'
import { LinkWatch } from '../../src/hub/link-watch.ts'
import { makeHub } from './acting.ts'
import { config, known } from './records.ts'

test('a service that does not answer is told of once, and when it answers again', async () => {
  const { hub, said } = makeHub(known())
  let answers = (_argv: readonly string[]) => false
  const ping = async ({ argv }: { argv: readonly string[] }) => ({
    ...{ code: answers(argv) ? 0 : 1, stdout: '', stderr: '' },
  })
  Object.assign(hub.machine, { run: ping })
  const watch = new LinkWatch(hub)
  watch.state = {
    ...{ hub: 'hub1', config, nodes: [], tunnels: [], seats: new Map(), ways: new Map() },
    closed: { ipv4: [], ipv6: false },
  }
  await watch.look()
  await watch.look()
  expect(said.text.match(/service "ce": 192\.0\.2\.22 answers neither/g)).toHaveLength(1)
  expect(hub.links).toMatchObject([{ peer: 'ce', state: 'down' }, { peer: 'nas' }])
  answers = (argv) => !argv.includes('vxl-ce')
  await watch.look()
  await watch.look()
  expect(said.text.match(/service "ce": 192\.0\.2\.22 answers, but not/g)).toHaveLength(1)
  answers = () => true
  await watch.look()
  await watch.look()
  expect(said.text.match(/service "ce" answers again/g)).toHaveLength(1)
})
