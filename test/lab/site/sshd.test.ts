import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, onTestFinished, test } from 'vitest'
import { applyPlan } from '../../../src/apply/apply.ts'
import { writeMarked } from '../../../src/site/marked-text.ts'
import { keyLine } from '../../../src/site/ssh/key-line.ts'
import { testFolder } from '../../fakes/folder.ts'
import { freePort } from '../../fakes/port.ts'
import { nothingMuch, planFor } from './join-and-leave.ts'
import { put, rootedMachine, sshdArgv } from './rooted.ts'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB'
const wanted = { ...nothingMuch, admins: [{ name: 'anna', key }] }

describe('what the real sshd says of itself', () => {
  test.each<[string, string[], string | undefined]>([
    ['', [], '/root/.ssh/authorized_keys'],
    ['PermitRootLogin no', ['ssh-root-refused'], '/root/.ssh/authorized_keys'],
    ['PermitRootLogin forced-commands-only', ['ssh-root-refused'], '/root/.ssh/authorized_keys'],
    ['PubkeyAuthentication no', ['ssh-keys-refused'], '/root/.ssh/authorized_keys'],
    ['AuthorizedKeysFile none', ['ssh-keys-nowhere'], undefined],
    ['AuthorizedKeysFile /etc/ssh/keys/%u', ['ssh-keys-nowhere'], undefined],
    ['AuthorizedKeysFile /etc/ssh/keys/%u .keys', [], '/root/.keys'],
    ['AuthorizedKeysFile %h/.k/%u', [], '/root/.k/root'],
    ['AllowUsers anna bert', ['ssh-user-refused'], '/root/.ssh/authorized_keys'],
    ['AllowUsers anna root@10.200.0.0/24', [], '/root/.ssh/authorized_keys'],
    ['AllowUsers root@192.0.2.*', ['ssh-user-refused'], '/root/.ssh/authorized_keys'],
    ['DenyUsers r*', ['ssh-user-refused'], '/root/.ssh/authorized_keys'],
    ['AllowGroups no-such-group', ['ssh-user-refused'], '/root/.ssh/authorized_keys'],
    ['AllowGroups root', [], '/root/.ssh/authorized_keys'],
    ['DenyGroups root', ['ssh-user-refused'], '/root/.ssh/authorized_keys'],
    [
      'AuthenticationMethods publickey,password',
      ['ssh-key-not-enough'],
      '/root/.ssh/authorized_keys',
    ],
    ['AuthenticationMethods publickey publickey,password', [], '/root/.ssh/authorized_keys'],
    ['ListenAddress 127.0.0.1', ['ssh-not-listening'], '/root/.ssh/authorized_keys'],
    ['ListenAddress 10.200.1.1:2222', [], '/root/.ssh/authorized_keys'],
    ['PubkeyAcceptedAlgorithms rsa-sha2-512', ['ssh-key-type'], '/root/.ssh/authorized_keys'],
    [
      'PermitRootLogin no\nMatch Address 10.200.0.1\nPermitRootLogin yes',
      [],
      '/root/.ssh/authorized_keys',
    ],
    [
      'Match Address 10.200.0.0/16\nPermitRootLogin no',
      ['ssh-root-refused'],
      '/root/.ssh/authorized_keys',
    ],
    [
      'Match LocalAddress 10.200.1.1\nPubkeyAuthentication no',
      ['ssh-keys-refused'],
      '/root/.ssh/authorized_keys',
    ],
    ['Match User root\nAuthorizedKeysFile .mine', [], '/root/.mine'],
    ['NoSuchWord yes', ['sshd-unreadable'], '/root/.ssh/authorized_keys'],
  ])('%j: %j', async (config, codes, file) => {
    const machine = rootedMachine(config)
    const { problems, parts } = await planFor(wanted, machine)
    expect(problems.map(({ code }) => code)).toEqual(codes)
    const written = parts.flatMap(({ name, steps }) => (name === 'ssh' ? steps : []))
    const paths = written.flatMap((step) => (step.kind === 'file' ? [step.path] : []))
    expect(paths).toEqual(file === undefined ? [] : [file])
  })

  test('a block in a file that is no longer asked for goes', async () => {
    const before = rootedMachine()
    const first = await planFor(wanted, before)
    const now = rootedMachine('AuthorizedKeysFile .new')
    const steps = first.parts.flatMap(({ name, steps }) => (name === 'ssh' ? steps : []))
    await applyPlan(steps, { machine: now, state: now.state })
    const { parts } = await planFor(wanted, now)
    const paths = parts.flatMap(({ name, steps }) =>
      name === 'ssh'
        ? steps.map((step) => ('path' in step ? [step.path, step.content === null] : step.argv))
        : [],
    )
    expect(paths).toEqual([
      ['/root/.new', false],
      ['/root/.ssh/authorized_keys', true],
      ['rmdir', '--ignore-fail-on-non-empty', '--', '/root/.ssh'],
    ])
  })
})

/** A real sshd on loopback that asks one file for root's keys, and a client with a key. */
async function startSshd(authorized: (key: string) => Uint8Array) {
  const folder = testFolder()
  chmodSync(folder, 0o700)
  for (const name of ['host', 'anna']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)])
  }
  put(folder, 'keys', authorized(readFileSync(join(folder, 'anna.pub'), 'utf8')), 0o600)
  const port = await freePort()
  const options = {
    HostKey: join(folder, 'host'),
    ListenAddress: '127.0.0.1',
    Port: port,
    AuthorizedKeysFile: join(folder, 'keys'),
    PermitRootLogin: 'prohibit-password',
    // The folder lies in /tmp, to which everybody can write.
    StrictModes: 'no',
    UsePAM: 'no',
    PidFile: 'none',
  }
  const args = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const [program, ...rest] = sshdArgv
  const sshd = spawn(program, [...rest, '-D', '-e', '-f', '/dev/null', ...args])
  onTestFinished(async () => {
    sshd.kill()
    if (sshd.exitCode === null) await once(sshd, 'exit')
  })
  await new Promise((resolve) => sshd.stderr.once('data', resolve))
  mkdirSync(join(folder, 'client'))
  const client = [
    ...['-F', '/dev/null', '-i', join(folder, 'anna'), '-o', 'IdentitiesOnly=yes'],
    ...['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o', 'LogLevel=ERROR'],
    ...['-o', `UserKnownHostsFile=${join(folder, 'client/known_hosts')}`, '-p', String(port)],
  ]
  return (options: string[], ...command: string[]) =>
    execa('ssh', [...client, ...options, 'root@127.0.0.1', ...command], {
      reject: false,
      timeout: 20_000,
    })
}

/** The block for callers from these addresses, before lines of others. */
const blockFor = (hubs: string[], others: (pub: string) => string[]) => (pub: string) =>
  writeMarked(others(pub), { lines: [keyLine({ name: 'anna', key: pub }, hubs)], at: 0 })

describe('the line of an administrator, tried at a real sshd', () => {
  test('lets in from the hub: commands and a terminal, but no forwarding', async () => {
    const ssh = await startSshd(blockFor(['127.0.0.1', 'fd5a::1'], () => []))
    expect(await ssh([], 'id', '-u')).toMatchObject({ exitCode: 0, stdout: '0' })
    expect(await ssh(['-tt'], 'tty')).toMatchObject({
      stdout: expect.stringContaining('/dev/pts/'),
    })
    const forward = await ssh(['-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:9'], 'true')
    expect(forward).toMatchObject({ exitCode: 255 })
    expect((await ssh(['-A'], 'echo "<$SSH_AUTH_SOCK>"')).stdout).toBe('<>')
  })

  test('comes before a line of others with the same key', async () => {
    const others = (pub: string) => [`command="echo elsewhere" ${pub}`]
    const ssh = await startSshd(blockFor(['127.0.0.1'], others))
    expect(await ssh([], 'echo', 'here')).toMatchObject({ stdout: 'here' })
  })

  test('lets in from nowhere else', async () => {
    const ssh = await startSshd(blockFor(['10.200.0.1'], () => []))
    expect(await ssh([], 'true')).toMatchObject({ exitCode: 255 })
  })
})
