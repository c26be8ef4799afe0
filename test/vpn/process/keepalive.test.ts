import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { renderPlan } from '../../../src/plan/render.ts'
import {
  type Keepalive,
  keepaliveScript,
  parseKeepalive,
  planKeepalive,
  planNoKeepalive,
} from '../../../src/vpn/process/keepalive.ts'

const wanted: Keepalive = {
  ...{ supervisor: 'none', run: '/run/dynfarm/node', program: '/usr/bin/ping' },
  ...{ device: 'tun-wg', address: '10.200.0.1', rejoin: ['/srv/dynfarm', 'join'] },
}
const running =
  '/bin/sh /run/dynfarm/node/keepalive.sh 20 5 60 /usr/bin/ping tun-wg 10.200.0.1 /srv/dynfarm join'
const files = new Map([['/run/dynfarm/node/keepalive.sh', keepaliveScript]])

describe('what keeps a tunnel awake', () => {
  test('runs once, and is known by its command line', () => {
    const text = renderPlan(planKeepalive(wanted, { running: undefined, files: new Map() }))
    expect(text).toContain(running)
    expect(parseKeepalive(`812 ${running}\n`)).toBe(running)
    expect(planKeepalive(wanted, { running, files })).toEqual([])
  })

  test('makes way for that of another rung, and at last for nothing', () => {
    const other = { ...wanted, device: 'tun-tcp' }
    expect(renderPlan(planKeepalive(other, { running, files }))).toMatch(
      /^pkill -TERM -F .*tun-wg[\s\S]*tun-tcp/,
    )
    expect(renderPlan(planNoKeepalive(wanted, { running, files }))).toMatch(
      /^pkill [\s\S]*remove \/run\/dynfarm\/node\/keepalive.sh/,
    )
  })

  test('is begun anew when another executable is to join again', () => {
    const other = { ...wanted, rejoin: ['/opt/dynfarm/current/dynfarm', 'join'] }
    expect(renderPlan(planKeepalive(other, { running, files }))).toMatch(
      /^pkill .*srv[\s\S]*opt\/dynfarm\/current/,
    )
  })

  test('leaves it to a unit under systemd', () => {
    const unit = planKeepalive({ ...wanted, supervisor: 'systemd' }, { running: undefined, files })
    expect(JSON.stringify(unit)).toContain('10.200.0.1 systemctl start --no-block dynfarm-rejoin')
    expect(JSON.stringify(unit)).not.toContain('/srv/dynfarm')
  })

  test('of others is not taken for it', () => {
    expect(parseKeepalive('812 /bin/sh /home/x/other.sh 20 60\n')).toBeUndefined()
  })
})

describe('its script', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dynfarm-keepalive-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** With a ping that notes what it was asked, and a join that notes that it was. */
  function start(pinged: string) {
    const ping = join(folder, 'ping')
    const script = `#!/bin/sh\necho "asked: $*" >>${folder}/asked\n${pinged}\n`
    // One that runs just now could not be written anew.
    if (!existsSync(ping)) writeFileSync(ping, script, { mode: 0o755 })
    const words = ['0.1', '5', '60', ping, 'tun-wg', '10.200.0.1']
    const joins = ['touch', join(folder, 'joined')]
    const PATH = `${folder}:${process.env['PATH']}`
    return spawn('/bin/sh', ['-c', keepaliveScript, 'keepalive', ...words, ...joins], {
      stdio: 'ignore',
      env: { ...process.env, PATH },
    })
  }

  /** The kernel's word for the tunnel's device, as long as the file `held` is not there. */
  function loseCarrier(): void {
    const word = '7: tun-wg: <NO-CARRIER,POINTOPOINT,MULTICAST,NOARP,UP> mtu 1420 state DOWN'
    const script = `#!/bin/sh\ntest -e ${folder}/held || test "$*" != "link show dev tun-wg" || echo '${word}'\n`
    writeFileSync(join(folder, 'ip'), script, { mode: 0o755 })
  }

  const asked = () =>
    existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'utf8').split('\n') : []

  async function until(condition: () => boolean): Promise<void> {
    for (let looks = 0; !condition(); looks += 1) {
      if (looks > 200) throw new Error('it did not come to that')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  test('asks on and on, and joins again only when no answer comes', async () => {
    const script = start(`test ! -e ${folder}/silent`)
    await until(() => asked().length > 3)
    expect(asked()[0]).toBe('asked: -n -q -c 1 -w 5 -I tun-wg 10.200.0.1')
    expect(existsSync(join(folder, 'joined'))).toBe(false)
    writeFileSync(join(folder, 'silent'), '')
    const answered = asked().length
    await until(() => existsSync(join(folder, 'joined')))
    // Each question that waits for 5 s, until 60 are over.
    const before = asked().length
    expect(before - answered).toBeGreaterThanOrEqual(11)
    await until(() => asked().length > before)
    script.kill()
    await new Promise((resolve) => script.once('close', resolve))
  })

  test('joins again without a question where no process holds the tunnel, and then goes on', async () => {
    loseCarrier()
    const script = start('')
    await until(() => existsSync(join(folder, 'joined')))
    expect(asked()).toEqual([])
    writeFileSync(join(folder, 'held'), '')
    await until(() => asked().length > 2)
    await ended(script)
  })

  test('joins again when the process ends while a question is out', async () => {
    loseCarrier()
    writeFileSync(join(folder, 'held'), '')
    const script = start(`rm -f ${folder}/held; exit 1`)
    await until(() => existsSync(join(folder, 'joined')))
    expect(asked()).toEqual([expect.stringContaining('asked'), ''])
    await ended(script)
  })

  test('takes the ping of the moment along when it ends', async () => {
    const script = start('exec sleep 60.0815')
    await until(() => asked().length > 0)
    await ended(script)
    await until(() => spawnSync('pgrep', ['-f', '^sleep 60[.]0815$']).status === 1)
    expect(existsSync(join(folder, 'joined'))).toBe(false)
  })

  test('does so at whichever moment: while it begins one, too', async () => {
    for (let at = 0; at < 100; at += 1) {
      const script = start('exec sleep 60.0816')
      const moment = performance.now() + 1 + at / 25
      while (performance.now() < moment);
      await ended(script)
    }
    await until(() => spawnSync('pgrep', ['-f', '^sleep 60[.]0816$']).status === 1)
  })

  async function ended(script: ChildProcess): Promise<void> {
    script.kill()
    await new Promise((resolve) => script.once('close', resolve))
  }
})
