import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../join/centre.ts'
import { type Slurm, startSlurm } from './slurm.ts'
import { ce, type Lender, startLender } from './support.ts'

let lender: Lender
let slurm: Slurm
let before: string

beforeAll(async () => {
  lender = await startLender()
  slurm = await startSlurm(lender.host)
  await lender.run(['true'])
  before = await lender.traces()
})

afterAll(async () => {
  await lender?.centre.stop()
  slurm?.end()
})

/** A script for sbatch whose process becomes dynfarm: what Slurm signals is the script. */
function dynfarm(script: string): string {
  const quoted = (word: string) => `'${word.replace(/'/g, `'\\''`)}'`
  return `exec ${lender.argv(['--quiet'], ['sh', '-c', script]).map(quoted).join(' ')}`
}

const reach = `ping -c1 -W5 ${ce} >/dev/null && echo ce`

/** The cgroup of the job, which is Slurm's to make. */
const ownCgroup = `grep -o 'uid_31000/job_[0-9]*' /proc/self/cgroup | sort -u`

/** A limit of time is of whole minutes. */
const isLong = process.env['DYNFARM_LONG'] === '1'

async function becomes(job: string, text: string): Promise<void> {
  await until(
    async () => (await slurm.said(job)).includes(text),
    () => `job ${job} does not say "${text}"`,
  )
}

async function nothingLeft(): Promise<void> {
  let left = ''
  const look = async () => {
    left = await lender.traces()
    return left === before
  }
  await until(look, () => left)
}

test('a job of sbatch is unchanged: centre, cgroup, TMPDIR and exit code', async () => {
  const scratch = 'export TMPDIR=/home/alice/scratch; mkdir -p "$TMPDIR"'
  const job = await slurm.submit(`${scratch}\n${dynfarm(`id -u; ${reach}; ${ownCgroup}; exit 3`)}`)
  expect(await slurm.ended(job)).toEqual({ state: 'FAILED', exit: '3:0' })
  const cgroup = slurm.tracking === 'cgroup' ? `uid_31000/job_${job}\n` : ''
  expect(await slurm.said(job)).toBe(`31000\nce\n${cgroup}`)
  const { stdout } = await lender.host.run(['find', '/home/alice/scratch', '-mindepth', '1'])
  expect(stdout).toBe('/home/alice/scratch/dynfarm-run-31000\n')
  expect(await lender.names()).toEqual([])
  await nothingLeft()
})

test('scancel gives a job its SIGTERM, and it ends in its own way', async () => {
  const end = slurm.tracking === 'cgroup' ? reach : 'echo ce'
  const script = `trap 'echo ending; ${end}; exit 0' TERM; echo ready; while :; do sleep 0.1; done`
  const job = await slurm.submit(dynfarm(script))
  await becomes(job, 'ready')
  await slurm.cancel(job)
  expect((await slurm.ended(job)).state).toBe('CANCELLED')
  expect(await slurm.said(job)).toMatch(/^ready\n(slurmstepd.*\n)?ending\nce\n$/)
  expect(await lender.names()).toEqual([])
  await nothingLeft()
})

test.runIf(isLong)(
  'a job is told before its time is up, and at its end (a minute, so with DYNFARM_LONG=1 only)',
  async () => {
    const script = `trap 'echo warned' USR1; trap 'echo ending; exit 0' TERM
echo ready; while :; do sleep 0.1; done`
    const job = await slurm.submit(dynfarm(script), ['--time=1', '--signal=B:USR1@20'])
    await becomes(job, 'ready')
    await until(async () => (await slurm.said(job)).includes('ending'), undefined, 150_000)
    expect((await slurm.ended(job)).state).toBe('TIMEOUT')
    expect(await slurm.said(job)).toMatch(/^ready\nwarned\n(slurmstepd.*\n)?ending\n$/)
    expect(await lender.names()).toEqual([])
    await nothingLeft()
  },
)

test('srun starts it as well, once for each task, and has its exit code', async () => {
  const each = lender.argv(['--quiet'], ['sh', '-c', `${reach}; exit 5`])
  const ran = await lender.host.run(['srun', '--ntasks=2', ...each], { ordinary: true })
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: 'ce\nce\n' })
  expect(await lender.names()).toEqual([])
  await nothingLeft()
})

test('of a job that Slurm kills nothing is left but its folder, which the next run removes', async () => {
  const script = `trap '' TERM; setsid sleep 600 & echo ready; sleep 600; sleep 600`
  const job = await slurm.submit(dynfarm(script))
  await becomes(job, 'ready')
  await slurm.cancel(job)
  expect((await slurm.ended(job)).state).toBe('CANCELLED')
  const left = (await lender.traces()).replace(/^\/tmp\/dynfarm-run-31000\/.*\n/gm, '')
  expect(left).toBe(before)
  expect(await lender.names()).toHaveLength(1)
  await lender.run(['true'])
  await nothingLeft()
})
