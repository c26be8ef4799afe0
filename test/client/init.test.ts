import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Machine } from '../../src/apply/machine.ts'
import { realMachine } from '../../src/apply/real-machine.ts'
import { type InitOptions, runInit } from '../../src/client/init.ts'
import { initFiles } from '../../src/client/init-plan.ts'
import { loadProfile } from '../../src/profile/load.ts'
import { failing, interrupting, withFault } from '../fakes/faults.ts'

let root: string
let stateDir: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dynfarm-init-'))
  stateDir = mkdtempSync(join(tmpdir(), 'dynfarm-init-state-'))
})

afterEach(() => {
  rmSync(root, { recursive: true })
  rmSync(stateDir, { recursive: true })
})

describe('a new centre', () => {
  it('passes the check', async () => {
    const { dir } = await runInit({ dir: join(root, 'farm'), stateDir })
    expect((await loadProfile(dir)).problems).toEqual([])
  })

  it('passes the check with the IPv6 lines taken as well', async () => {
    const { dir } = await runInit({ dir: root, stateDir })
    for (const file of ['centre.yaml', 'sites/cloud.yaml']) takePairs(join(dir, file))
    const { profile, problems } = await loadProfile(dir)
    expect(problems).toEqual([])
    expect(profile?.centre.nodes).toEqual(['10.200.0.0/16', expect.stringMatching(/^fd.*::\/64$/)])
    expect(profile?.sites.get('cloud')?.nodes).toHaveLength(2)
  })

  it('has secrets that only its owner reads', async () => {
    const { dir, files } = await runInit({ dir: join(root, 'farm'), stateDir })
    expect(treeOf(dir)).toEqual(
      [
        'keys/ 700',
        'schema/ 755',
        'sites/ 755',
        ...files.map((file) => `${file} ${modeOf(file)}`),
      ].sort(),
    )
  })

  it('keeps the secrets out of a repository', async () => {
    const { dir } = await runInit({ dir: root, stateDir })
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', dir, ...args], { encoding: 'utf8' })
    git('init', '-q')
    const offered = git('ls-files', '--others', '--exclude-standard').trim().split('\n')
    expect(offered.sort()).toEqual(initFiles.filter((file) => modeOf(file) === '644').sort())
  })

  it('has authorities whose keys are their own', async () => {
    const { dir } = await runInit({ dir: root, stateDir, centre: 'infn' })
    for (const role of ['server', 'hub', 'node', 'admin']) {
      const certificate = new X509Certificate(readFileSync(join(dir, `keys/${role}-ca.crt`)))
      const key = createPrivateKey(readFileSync(join(dir, `keys/${role}-ca.key`)))
      expect(certificate.subject).toBe(`O=infn\nOU=${role}\nCN=infn ${role} CA`)
      expect(certificate.checkPrivateKey(key)).toBe(true)
    }
    expect(readFileSync(join(dir, 'centre.yaml'), 'utf8')).toContain('\ncentre: infn\n')
  })

  it('is told with what to do next, fit for a shell', async () => {
    const { dir, nextSteps } = await runInit({ dir: join(root, 'my farm'), stateDir })
    expect(nextSteps).toContain(`dynfarm check '${dir}'`)
  })

  it.each(['farm', 'a/b/c', 'my farm', '-rf', 'äöü'])(
    'stands in a folder called %j',
    async (name) => {
      const place = relative(process.cwd(), join(root, name))
      const { dir, files } = await runInit({ dir: place, stateDir })
      expect(dir).toBe(join(root, name))
      expect(files.every((file) => lstatSync(join(dir, file)).isFile())).toBe(true)
    },
  )

  it('stands in a folder that a link leads to', async () => {
    mkdirSync(join(root, 'real'))
    symlinkSync('real', join(root, 'link'))
    await runInit({ dir: join(root, 'link'), stateDir })
    expect((await loadProfile(join(root, 'real'))).problems).toEqual([])
  })

  it('stands in a folder that has other files', async () => {
    mkdirSync(join(root, 'keys'), { mode: 0o755 })
    writeFileSync(join(root, 'keys/anna.pub'), 'key')
    await runInit({ dir: root, stateDir })
    expect(readFileSync(join(root, 'keys/anna.pub'), 'utf8')).toBe('key')
  })
})

describe('init refuses', () => {
  it('a folder that has any of its files, and names them', async () => {
    mkdirSync(join(root, 'sites'))
    writeFileSync(join(root, 'sites/cloud.yaml'), 'mine')
    symlinkSync('nowhere', join(root, '.gitignore'))
    await expectRefusal(root, 'init-exists', `"${root}" already has .gitignore, sites/cloud.yaml`)
  })

  it('to run twice', async () => {
    await runInit({ dir: root, stateDir })
    await expectRefusal(root, 'init-exists', `"${root}" already has ${initFiles.join(', ')}`)
  })

  it('a file', async () => {
    writeFileSync(join(root, 'file'), '')
    await expectRefusal(join(root, 'file'), 'usage', `"${root}/file" is not a folder`)
    await expectRefusal(join(root, 'file/deeper'), 'usage', `"${root}/file" is not a folder`)
  })

  it('a folder with a file in the place of one of its folders', async () => {
    writeFileSync(join(root, 'keys'), '')
    await expectRefusal(root, 'usage', `"${root}/keys" is not a folder`)
  })

  it('a link that leads nowhere', async () => {
    symlinkSync('nowhere', join(root, 'link'))
    await expectRefusal(join(root, 'link'), 'usage', `"${root}/link" is not a folder`)
  })

  it('a folder that cannot be written', async () => {
    const machine: Machine = {
      ...realMachine(),
      run: async (command) =>
        command.argv[0] === 'test'
          ? { code: 1, stdout: '', stderr: '' }
          : await realMachine().run(command),
    }
    await expectRefusal(join(root, 'a/b'), 'not-writable', `"${root}" cannot be written`, machine)
  })

  it.each(['', 'Example', 'a b', '"x"', '#00', '../x', 'a\nb', 'x'.repeat(33)])(
    'to call a centre %j',
    async (centre) => {
      await expect(runInit({ dir: root, stateDir, centre })).rejects.toMatchObject({
        code: 'usage',
      })
      expect(treeOf(root)).toEqual([])
    },
  )

  async function expectRefusal(dir: string, code: string, message: string, machine?: Machine) {
    const before = treeOf(root)
    await expect(runInit({ dir, stateDir, ...(machine && { machine }) })).rejects.toMatchObject({
      code,
      message,
    })
    expect(treeOf(root)).toEqual(before)
  }
})

describe('whatever goes wrong on the way', () => {
  it('a failure leaves nothing', async () => {
    const calls = await countCalls()
    for (let at = calls; at > 0; at -= 4) {
      const machine = withFault(realMachine(), { at, when: 'before', strike: failing })
      expect(await endOf({ machine })).toBe('injected')
      expect(treeOf(root)).toEqual([])
    }
  })

  it('an interruption leaves nothing', async () => {
    const calls = await countCalls()
    for (let at = calls; at > 0; at -= 4) {
      const controller = new AbortController()
      const strike = interrupting(controller)
      const machine = withFault(realMachine(), { at, when: 'before', strike })
      expect(await endOf({ machine, signal: controller.signal })).toBe('interrupted')
      expect(treeOf(root)).toEqual([])
    }
  })

  it('a kill leaves what the next init undoes before it begins', async () => {
    const script = fileURLToPath(new URL('./killed-init.ts', import.meta.url))
    const calls = await countCalls()
    for (const at of [6, calls - 1]) {
      const args = [script, join(root, 'a/farm'), stateDir, String(at)]
      expect(spawnSync(process.execPath, args).signal).toBe('SIGKILL')
      expect(treeOf(root)).not.toEqual([])
      expect(await endOf({})).toBe('done')
      rmSync(join(root, 'a'), { recursive: true })
    }
  })

  async function endOf(options: Partial<InitOptions>): Promise<string> {
    const made = runInit({ dir: join(root, 'a/farm'), stateDir, ...options })
    return await made.then(
      () => 'done',
      (error: Error) => error.message,
    )
  }

  async function countCalls(): Promise<number> {
    const machine = withFault(realMachine())
    await endOf({ machine })
    rmSync(join(root, 'a'), { recursive: true })
    return machine.calls
  }
})

function takePairs(path: string): void {
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace(/^( *)(nodes|inner): .*\n *# (\2: .*)$/gm, '$1$3'))
}

function modeOf(file: string): string {
  return file.endsWith('.key') || file.endsWith('.secret') ? '600' : '644'
}

function treeOf(dir: string): string[] {
  const entries = readdirSync(dir, { withFileTypes: true, recursive: true })
  return entries
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      const mode = (lstatSync(path).mode & 0o777).toString(8)
      return `${relative(dir, path)}${entry.isDirectory() ? '/' : ''} ${mode}`
    })
    .sort()
}
