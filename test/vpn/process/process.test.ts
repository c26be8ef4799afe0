import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderPlan } from '../../../src/plan/render.ts'
import type { CommandStep, Step } from '../../../src/plan/step.ts'
import { tunnelPaths, unitPath } from '../../../src/vpn/names.ts'
import {
  filePaths,
  type ObservedOpenvpn,
  type OpenvpnProcess,
  parseRunning,
  planNoOpenvpn,
  planOpenvpn,
  processReading,
} from '../../../src/vpn/process/openvpn.ts'
import { renderUnit } from '../../../src/vpn/process/unit.ts'
import { planNoWireguardGo, planWireguardGo } from '../../../src/vpn/process/wireguard-go.ts'
import { undoText } from '../../net/support/observed.ts'

const paths = tunnelPaths('/run/dynfarm/tunnels', 'udp')
const folder = '/run/dynfarm/tunnels/udp'
const daemon: OpenvpnProcess = {
  name: 'udp',
  program: '/usr/sbin/openvpn',
  supervisor: 'none',
  paths,
  end: 'node',
  config: 'dev tun-udp\n',
  ca: 'CA\n',
  certificate: 'CERT\n',
  tlsCrypt: { secret: 'KEY\n' },
}
const unit: OpenvpnProcess = { ...daemon, supervisor: 'systemd' }
const nothing: ObservedOpenvpn = { running: undefined, files: new Map() }

const state = '5f0b1d1a2b3c4d5e6f708192a3b4c5d6'
const started = (of: string) =>
  `/usr/sbin/openvpn --config ${folder}/openvpn.conf --writepid ${folder}/pid --setenv dynfarm_state ${of}`

/** What is there once a plan was carried out. */
function leftBy(process: OpenvpnProcess, steps: readonly Step[]): ObservedOpenvpn {
  const files = new Map<string, string>()
  for (const step of steps) {
    if (step.kind !== 'file' || step.content === null) continue
    const { content } = step
    files.set(
      step.path,
      typeof content === 'object' && 'secret' in content ? content.secret : `${content}`,
    )
  }
  const [command] = steps
    .flatMap((step) => (step.kind === 'command' ? [step.argv.join(' ')] : []))
    .slice(-1)
  const unitText = files.get(unitPath('udp')) ?? ''
  const line = process.supervisor === 'systemd' ? /ExecStart=(.*)/.exec(unitText)?.[1] : command
  return { running: parseRunning(process, `17 ${line}\n`), files }
}

const stateIn = (steps: readonly Step[]) =>
  /dynfarm_state ([0-9a-f]{32})/.exec(renderPlan(steps))?.[1]
const commands = (steps: readonly Step[]) => steps as readonly CommandStep[]

describe('OpenVPN without systemd', () => {
  const first = planOpenvpn(daemon, nothing)
  const now = stateIn(first) ?? ''

  test('starts in the background, and its undo ends it by its own command line only', () => {
    expect(renderPlan(first)).toBe(`install -d -m 0755 ${folder}  # folder of a tunnel
write ${folder}/openvpn.conf (0644, 12 bytes)  # of a tunnel
write ${folder}/ca.pem (0644, 3 bytes)  # of a tunnel
write ${folder}/certificate.pem (0644, 5 bytes)  # of a tunnel
write ${folder}/tls-crypt.key (0600, <redacted 4 bytes>)  # of a tunnel
${started(now)} --daemon dynfarm-udp  # start a tunnel`)
    const words = `${started(now)} --daemon dynfarm-udp`.replace('/usr/sbin/openvpn', '')
    const pattern = `/usr/sbin/.*${words.replaceAll('.', '\\.')}`
    expect(undoText(commands(first.filter((step) => step.kind === 'command')))).toBe(
      `pkill -TERM -F ${folder}/pid -f -x '${pattern}'
timeout 20 sh -c 'exec tail -s 0.1 --pid="$(cat -- "$1")" -f /dev/null' sh ${folder}/pid
rm -f ${folder}/pid ${folder}/management.sock
rmdir ${folder}`,
    )
  })

  test('planned again has nothing to do', () => {
    expect(planOpenvpn(daemon, leftBy(daemon, first))).toEqual([])
  })

  test.each<[string, Partial<OpenvpnProcess>, string]>([
    ['configuration', { config: 'dev tun-udp\nverb 4\n' }, 'openvpn.conf'],
    ['certificate', { certificate: 'NEW\n' }, 'certificate.pem'],
    ['authority', { ca: 'NEW\n' }, 'ca.pem'],
    ['tls-crypt key', { tlsCrypt: { secret: 'NEW\n' } }, 'tls-crypt.key'],
  ])('another %s restarts it, with the old one for its undo', (_, change, file) => {
    const steps = planOpenvpn({ ...daemon, ...change }, leftBy(daemon, first))
    expect(
      steps.map((step) =>
        step.kind === 'file' ? step.path : step.kind === 'command' && step.argv[0],
      ),
    ).toEqual(['pkill', 'timeout', 'install', `${folder}/${file}`, '/usr/sbin/openvpn'])
    expect(
      undoText(commands(steps.filter((step) => step.kind === 'command')))
        .split('\n')
        .at(-1),
    ).toBe(`${started(now)} --daemon dynfarm-udp`)
  })

  test('no text can stand for the end of one file and the beginning of the next', () => {
    const states = [
      { config: 'ab', ca: 'c' },
      { config: 'a', ca: 'bc' },
    ].map((texts) => stateIn(planOpenvpn({ ...daemon, ...texts }, nothing)))
    expect(new Set(states).size).toBe(2)
  })

  test('a file that a foreign hand changed is mended without a restart', () => {
    const observed = leftBy(daemon, first)
    const files = new Map(observed.files).set(paths.ca, 'FOREIGN\n')
    expect(renderPlan(planOpenvpn(daemon, { ...observed, files }))).toBe(
      `write ${folder}/ca.pem (0644, 3 bytes)  # of a tunnel`,
    )
  })

  test('a hub has a folder for its clients', () => {
    const [made] = planOpenvpn({ ...daemon, end: 'hub' }, nothing)
    expect(made).toMatchObject({
      argv: ['install', '-d', '-m', '0755', folder, `${folder}/clients`],
      undo: [{ argv: ['rmdir', `${folder}/clients`, folder] }],
    })
  })

  test('ends, and then there is nothing to end', () => {
    const steps = planNoOpenvpn(daemon, leftBy(daemon, first))
    expect(renderPlan(steps).split('\n').slice(1)).toEqual([
      `timeout 20 sh -c 'exec tail -s 0.1 --pid="$(cat -- "$1")" -f /dev/null' sh ${folder}/pid  # until it has ended`,
      `remove ${folder}/openvpn.conf  # of a tunnel no longer wanted`,
      `remove ${folder}/ca.pem  # of a tunnel no longer wanted`,
      `remove ${folder}/certificate.pem  # of a tunnel no longer wanted`,
      `remove ${folder}/tls-crypt.key  # of a tunnel no longer wanted`,
      `rm -f ${folder}/pid ${folder}/management.sock  # traces of a tunnel no longer wanted`,
      `rmdir ${folder}/clients ${folder}  # traces of a tunnel no longer wanted`,
    ])
    expect(planNoOpenvpn(daemon, nothing)).toEqual([])
  })
})

describe('OpenVPN under systemd', () => {
  const first = planOpenvpn(unit, nothing)

  test('has a unit of its own', () => {
    const [made, ...rest] = first
    expect(
      renderPlan(rest.slice(3)),
    ).toBe(`write ${folder}/tls-crypt.key (0600, <redacted 4 bytes>)  # of a tunnel
write ${unitPath('udp')} (0644, 537 bytes)  # of a tunnel
systemctl daemon-reload  # read the unit of a tunnel
systemctl restart dynfarm-tunnel-udp.service  # start a tunnel`)
    expect(made).toMatchObject({ undo: [{}, { argv: ['systemctl', 'daemon-reload'] }, {}] })
    expect(planOpenvpn(unit, leftBy(unit, first))).toEqual([])
  })

  test('whose text is this', () => {
    const text = leftBy(unit, first).files.get(unitPath('udp')) ?? ''
    expect(text).toBe(`[Unit]
Description=dynfarm tunnel udp
After=network.target
StartLimitIntervalSec=0

[Service]
Type=simple
ExecStart=${started(leftBy(unit, first).running ?? '')}
Restart=always
RestartSec=2
CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_SETUID CAP_SETGID CAP_SETPCAP CAP_DAC_OVERRIDE
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=read-only
PrivateTmp=yes
DevicePolicy=closed
DeviceAllow=/dev/net/tun rw
`)
  })

  test('changes between a stop and a start, so that the undo runs what was there', () => {
    const steps = planOpenvpn({ ...unit, config: 'new\n' }, leftBy(unit, first))
    expect(
      steps.map((step) =>
        step.kind === 'file' ? step.path : step.kind === 'command' && step.argv.join(' '),
      ),
    ).toEqual([
      'systemctl stop dynfarm-tunnel-udp.service',
      `install -d -m 0755 ${folder}`,
      `${folder}/openvpn.conf`,
      unitPath('udp'),
      'systemctl daemon-reload',
      'systemctl restart dynfarm-tunnel-udp.service',
    ])
    expect(steps[0]).toMatchObject({
      undo: [
        { argv: ['systemctl', 'daemon-reload'] },
        { argv: ['systemctl', 'restart', 'dynfarm-tunnel-udp.service'] },
      ],
    })
  })

  test('goes with its unit', () => {
    const steps = planNoOpenvpn(unit, leftBy(unit, first))
    const text = renderPlan(steps)
    expect(text).toMatch(/^systemctl stop dynfarm-tunnel-udp.service/)
    expect(text).toContain(`remove ${unitPath('udp')}`)
    expect(text).toContain('systemctl daemon-reload')
    expect(filePaths(unit)).toContain(unitPath('udp'))
  })
})

describe('whether it runs', () => {
  test.each([
    ['ours', `17 ${started(state)}\n`, state],
    ['ours in the background', `17 ${started(state)} --daemon dynfarm-udp\n`, state],
    ['ours, by the loader beside it', `17 /usr/sbin/private/ld.so x ${started(state)}\n`, state],
    ['nobody', '', undefined],
    ['another program that has its number now', '17 sshd\n', undefined],
    ['another OpenVPN', `17 /usr/sbin/openvpn --config /etc/openvpn/x.conf\n`, undefined],
    ['one that only speaks of ours', `17 vi ${started(state)}\n`, undefined],
    ['ours with more', `17 ${started(state)} --script-security 2\n`, undefined],
    ['two', `17 ${started(state)}\n18 ${started(state)}\n`, undefined],
  ])('%s', (_, output, running) => {
    expect(parseRunning(daemon, output)).toBe(running)
  })

  test('is asked of the process that the pid file names', () => {
    expect(processReading(daemon).argv).toEqual(['pgrep', '-F', `${folder}/pid`, '-a'])
  })
})

describe('wireguard-go', () => {
  const key = `${'o'.repeat(42)}A=`
  const hub = {
    publicKey: `${'h'.repeat(42)}A=`,
    addresses: ['10.200.0.1'],
    endpoint: { address: '203.0.113.10', port: 51820 },
    keepalive: 25,
  }
  const tunnel = { device: 'tun-wg', publicKey: key, privateKeyFile: '/k', peers: [hub] }
  const wanted = {
    name: 'wg',
    supervisor: 'none',
    program: '/usr/bin/wireguard-go',
    tunnel,
    mtu: 1400,
    lasting: [hub],
  } as const
  const peer = `peer ${hub.publicKey} preshared-key /dev/null endpoint 203.0.113.10:51820 persistent-keepalive 25 allowed-ips 10.200.0.1/32`

  test('without systemd goes into the background by itself, and ends by its socket', () => {
    const steps = planWireguardGo(wanted, { device: undefined, files: new Map() })
    expect(renderPlan(steps)).toBe(`/usr/bin/wireguard-go tun-wg  # start a tunnel
ip link set dev tun-wg mtu 1400  # MTU of a tunnel
wg set tun-wg private-key /k  # key and port of a tunnel
wg set tun-wg ${peer}  # let peers in`)
    expect(steps[0]).toMatchObject({ undo: [{ argv: ['rm', '-f', '/run/wireguard/tun-wg.sock'] }] })
  })

  test('under systemd comes back with its key and its hub', () => {
    const under = { ...wanted, supervisor: 'systemd' } as const
    const steps = planWireguardGo(under, { device: undefined, files: new Map() })
    const text = steps[0]?.kind === 'file' ? `${steps[0].content}` : ''
    expect(text).toContain(`Type=forking
ExecStart=/usr/bin/wireguard-go tun-wg
ExecStartPost=/sbin/ip link set dev tun-wg mtu 1400
ExecStartPost=/usr/bin/wg set tun-wg private-key /k ${peer}
`)
    expect(renderPlan(steps.slice(1, 3))).toBe(`systemctl daemon-reload  # read the unit of a tunnel
systemctl restart dynfarm-tunnel-wg.service  # start a tunnel`)
    const device = { publicKey: key, port: 1, peers: new Map() }
    const files = new Map([[unitPath('wg'), text]])
    expect(renderPlan(planWireguardGo(under, { device, files }))).toBe(
      `wg set tun-wg ${peer}  # let peers in`,
    )
    expect(renderPlan(planNoWireguardGo(under, { device, files }))).toBe(
      `systemctl stop dynfarm-tunnel-wg.service  # stop a tunnel
remove ${unitPath('wg')}  # of a tunnel no longer wanted
systemctl daemon-reload  # read the unit of a tunnel
rm -f /run/wireguard/tun-wg.sock  # stop a tunnel`,
    )
  })
})

describe('a unit', () => {
  const base = { description: 'x', type: 'simple', capabilities: ['CAP_NET_ADMIN'] } as const

  test('is one that systemd takes', () => {
    const [file] = planOpenvpn(unit, nothing)
      .filter((step) => step.kind === 'file')
      .slice(-1)
    const at = mkdtempSync(join(tmpdir(), 'dynfarm-unit-'))
    try {
      const path = join(at, 'dynfarm-tunnel-udp.service')
      writeFileSync(path, `${file?.content}`)
      const said = execFileSync('systemd-analyze', ['verify', '--man=no', path], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
      expect(said).toBe('')
    } finally {
      rmSync(at, { recursive: true })
    }
  })

  test.each([
    ['a space', '/a b', '"/a b"'],
    ['a quote', 'a"b', '"a\\"b"'],
    ['a backslash', 'a\\b', '"a\\\\b"'],
    ['a specifier', '%n', '%%n'],
    ['a variable', '$HOME', '"$$HOME"'],
    ['nothing', '', '""'],
    ['another command', ';', '";"'],
  ])('takes %s for what it is', (_, word, text) => {
    expect(renderUnit({ ...base, start: ['/bin/x', word] })).toContain(`ExecStart=/bin/x ${text}\n`)
  })

  test('has no line that it was not meant to have', () => {
    expect(() => renderUnit({ ...base, start: ['/bin/x', 'a\nExecStop=b'] })).toThrow(
      'not for a unit',
    )
    expect(() => renderUnit({ ...base, start: ['x'] })).toThrow('not a whole path')
  })
})
