import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { fixture, until } from '../join/centre.ts'
import { type Lender, startLender } from './support.ts'

/*
 * Neither CVMFS nor cvmfsexec nor Parrot can be had here: what stands for them is in fixtures/cvmfs. The proxy beside the
 * machines, and the way to it from within the job, are real.
 */

const squid = '203.0.113.12'
const repository = 'sw.example.org'
const proxy = `http://${squid}:3128`

let lender: Lender
let before: string

beforeAll(async () => {
  lender = await startLender({ hosts: { [squid]: ['squid.aruba.example'] } })
  lender.centre.lab.host('server').spawn([process.execPath, fixture('web-proxy.ts'), '3128'])
  await lender.host.must(['mkdir', '-p', `/cvmfs/${repository}`])
  await lender.run(['true'])
  before = await lender.traces()
})

afterAll(async () => {
  await lender?.centre.stop()
})

const bin = '/usr/local/bin'

afterEach(async () => {
  await lender.host.must([
    'rm',
    '-f',
    `${bin}/cvmfsexec`,
    `${bin}/parrot_run`,
    '/home/alice/broken',
  ])
  await lender.host.run(['umount', `/cvmfs/${repository}`])
})

async function install(name: 'cvmfsexec' | 'parrot_run'): Promise<void> {
  await lender.host.write(`${bin}/${name}`, readFileSync(fixture(`cvmfs/${name}`)))
  await lender.host.must(['chmod', '755', `${bin}/${name}`])
}

const asks = ['--cvmfs', repository]
const show = `cat /cvmfs/${repository}/*`
const fetched = `http://origin.test/${repository}\n`

test('where nothing is installed no job is begun, and each way is named', async () => {
  const { code, stdout, stderr } = await lender.sh('echo began', asks)
  expect({ code, stdout }).toEqual({ code: 125, stdout: '' })
  for (const word of ['is empty', 'cvmfsexec: it is not on PATH', '"parrot_run" is not on PATH'])
    expect(stderr).toContain(word)
  expect(await lender.names()).toEqual([])
  const outside = await lender.run(['true'], ['--cvmfs', '../etc'])
  expect(outside).toMatchObject({ code: 125, stderr: expect.stringContaining('"../etc"') })
})

test('what is mounted on the machine is there, by neither program', async () => {
  await install('cvmfsexec')
  await lender.host.must(['mount', '-t', 'tmpfs', 'cvmfs2', `/cvmfs/${repository}`])
  await lender.host.write(`/cvmfs/${repository}/file`, 'mounted\n')
  const { code, stdout, stderr } = await lender.sh(`${show}; exit 7`, asks)
  expect({ code, stdout }).toEqual({ code: 7, stdout: 'mounted\n' })
  expect(stderr).toContain(`/cvmfs/${repository} by "mounted"\n`)
})

describe.each(['ns', 'socks'])('in mode "%s"', (mode) => {
  const options = ['--mode', mode, ...asks]

  test.each([
    ['cvmfsexec', 'cvmfsexec'],
    ['Parrot', 'parrot_run'],
  ] as const)(
    'by %s a job has the repository, the proxy of the site, and its own exit code',
    async (way, program) => {
      await install(program)
      const { code, stdout, stderr } = await lender.sh(`${show}; exit 37`, [...options, '--json'])
      expect({ code, stdout, stderr }).toMatchObject({ code: 37, stdout: fetched })
      const said = stderr.trim().split('\n').at(-1) ?? ''
      expect(JSON.parse(said)).toMatchObject({
        cvmfs: { repositories: [repository], way, proxy },
        exit: 37,
      })
    },
  )

  test.each(['cvmfsexec', 'parrot_run'] as const)(
    'below %s signals are the job’s',
    async (program) => {
      await install(program)
      const names = ['TERM', 'USR1']
      const traps = names.map((name) => `trap 'echo got ${name}' ${name}`).join('; ')
      const script = `${traps}; echo ready; n=0
      while test $n -lt 2; do sleep 60 & wait $!; kill $!; n=$((n+1)); done; exit 9`
      const job = lender.spawn(['sh', '-c', script], [...options, '--quiet'])
      let said = ''
      job.stdout?.on('data', (data) => {
        said += data
      })
      const hears = (word: string) =>
        until(
          async () => said.includes(word),
          () => said,
        )
      await hears('ready')
      for (const name of names) {
        await lender.host.must(['kill', '-s', name, String(await lender.dynfarm())])
        await hears(`got ${name}\n`)
      }
      expect((await job).exitCode).toBe(9)
    },
  )
})

test('below cvmfsexec the job is its user’s, without descriptors, and dies as it dies', async () => {
  await install('cvmfsexec')
  const { stdout } = await lender.sh('id -u; ls /proc/self/fd', [...asks, '--quiet'])
  expect(stdout.replace(/\s+/g, ' ')).toBe('31000 0 1 2 3 ')
  const ends = ['kill -SEGV $$', 'no-such-program 2>/dev/null', 'kill -TERM $$']
  const ran = await Promise.all(ends.map((one) => lender.sh(one, [...asks, '--quiet'])))
  expect(ran.map(({ code }) => code)).toEqual([139, 127, 143])
})

test('a way that does not do is left for the next, and the last one’s failure is told', async () => {
  await install('cvmfsexec')
  await install('parrot_run')
  await lender.host.must(['touch', '/home/alice/broken'])
  const next = await lender.sh(show, asks)
  expect(next).toMatchObject({
    code: 0,
    stdout: fetched,
    stderr: expect.stringContaining('"Parrot"'),
  })
  await lender.host.must(['rm', `${bin}/parrot_run`])
  const none = await lender.sh('echo began', asks)
  expect(none).toMatchObject({
    code: 125,
    stdout: '',
    stderr: expect.stringContaining('Fuse module'),
  })
})

test('what fails before there is a job does not pass for the job', async () => {
  await install('cvmfsexec')
  await lender.host.must(['touch', '/home/alice/fragile'], { ordinary: true })
  const { code, stdout, stderr } = await lender.sh('echo began', asks)
  expect({ code, stdout }).toEqual({ code: 125, stdout: '' })
  expect(stderr).toContain('cvmfsexec: it ended with 9 before the job began')
})

test('nothing is left of all these', async () => {
  expect(await lender.traces()).toBe(before)
  expect(await lender.names()).toEqual([])
})
