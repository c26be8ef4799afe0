import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { convergePlan } from '../../../src/apply/apply.ts'
import { realMachine } from '../../../src/apply/real-machine.ts'
import { wayTo } from '../../../src/client/join/enrolment.ts'
import { type Flags, planEraseToken, readSettings } from '../../../src/client/join/settings.ts'
import type { Kept } from '../../../src/client/join/state.ts'
import { createToken, renderToken } from '../../../src/pki/token.ts'
import { testFolder } from '../../fakes/folder.ts'

const token = renderToken(createToken(randomBytes(32)))
const server = 'servers: [https://hub1.example.org:8443]\n'

/** join.yaml, beside other files of that folder. */
async function read(
  joinYaml: string,
  { files = {}, mode = 0o600, ...flags }: Partial<Flags> & Folder = {},
) {
  const configDir = testFolder()
  for (const [name, text] of Object.entries({ 'join.yaml': joinYaml, ...files }))
    writeFileSync(`${configDir}/${name}`, text)
  chmodSync(`${configDir}/join.yaml`, mode)
  const found = await readSettings(realMachine(), { configDir, servers: [], ...flags })
  return { found, configDir }
}

interface Folder {
  files?: Record<string, string>
  mode?: number
}

describe('the token of join.yaml', () => {
  test('may stand in another file, beside it', async () => {
    const { found } = await read(`${server}token-file: token\n`, { files: { token: `${token}\n` } })
    expect(found).toMatchObject({ token, noTokenIn: undefined })
  })

  test('is not in a file that was emptied, or is gone, and both say which one', async () => {
    for (const files of [{ token: '\n' }, {}]) {
      const { found, configDir } = await read(`${server}token-file: token\n`, { files })
      expect(found).toMatchObject({ token: undefined, noTokenIn: `${configDir}/token` })
      expect(() => wayTo(found, undefined)).toThrow(
        expect.objectContaining({ hint: expect.stringContaining(`"${configDir}/token"`) }),
      )
    }
  })

  test('is not taken where another file is named too', async () => {
    await expect(read(`${server}token: ${token}\ntoken-file: token\n`)).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('token-file: does not go together with "token"'),
    })
  })

  const mistyped = `${token.slice(0, -2)}00`
  const known = { servers: ['https://hub1.example.org:8443'], pins: ['ab'] } as unknown as Kept

  test.each<[string, string, RegExp, (folder: string) => void]>([
    ['of a wrong checksum', `token: ${mistyped}\n`, /^the token is mistyped/, () => {}],
    [
      'in a file with a wrong checksum',
      'token-file: token\n',
      /^".*\/token": the token is mistyped/,
      (folder) => writeFileSync(`${folder}/token`, mistyped),
    ],
    [
      'in a file of rubbish',
      'token-file: token\n',
      /^".*\/token": /,
      (folder) => writeFileSync(`${folder}/token`, randomBytes(99)),
    ],
    [
      'in what is no file',
      'token-file: token\n',
      /^".*\/token" /,
      (folder) => mkdirSync(`${folder}/token`),
    ],
  ])(
    '%s stops a machine that joins for the first time, and no other',
    async (_, line, message, put) => {
      const configDir = testFolder()
      writeFileSync(`${configDir}/join.yaml`, server + line, { mode: 0o600 })
      put(configDir)
      const settings = await readSettings(realMachine(), { configDir, servers: [] })
      const fault = expect.objectContaining({ message: expect.stringMatching(message) })
      expect(() => wayTo(settings, undefined)).toThrow(fault)
      expect(settings.tokenFault?.message).not.toContain(token.slice(20, 40))
      expect(wayTo(settings, known)).toMatchObject({ pins: ['ab'] })
    },
  )

  test('that is mistyped on the command line is never passed over', async () => {
    await expect(read(server, { token: mistyped })).rejects.toMatchObject({
      code: 'token-mistyped',
    })
    const tokenFile = `${testFolder()}/token`
    writeFileSync(tokenFile, mistyped)
    await expect(read(server, { tokenFile })).rejects.toMatchObject({ code: 'token-mistyped' })
  })

  test('is erased once used, with mode, owner and all else of the file as they were', async () => {
    const text = `# by hand\r\n${server.trim()}\r\n# of anna\r\ntoken: ${token}\r\n`
    const { found, configDir } = await read(text, { mode: 0o640 })
    const path = `${configDir}/join.yaml`
    if (process.geteuid?.() === 0) chownSync(path, 0, 12)
    const before = statSync(path)
    await convergePlan(planEraseToken(found), { machine: realMachine() })
    expect(readFileSync(path, 'utf8')).toBe(text.replace(/token: .*\r\n/, ''))
    const { mode, uid, gid } = statSync(path)
    expect({ mode, uid, gid }).toEqual({ mode: before.mode, uid: before.uid, gid: before.gid })
  })

  test('is asked for in the file that the command line names', async () => {
    const tokenFile = `${testFolder()}/token`
    writeFileSync(tokenFile, '')
    await expect(read(server, { tokenFile })).rejects.toMatchObject({
      code: 'usage',
      message: `there is no token in "${tokenFile}"`,
    })
  })
})

describe.skipIf(process.geteuid?.() !== 0)('root, as who alone this can be seen', () => {
  test.each([0o602, 0o666])('obeys no join.yaml of mode %o', async (mode) => {
    await expect(read(server, { mode })).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/can be written to by others \(mode 06\d\d\)$/),
    })
  })

  test.each([0o600, 0o644, 0o664])('obeys its own of mode %o', async (mode) => {
    const { found } = await read(server, { mode })
    expect(found.servers).toEqual(['https://hub1.example.org:8443'])
  })
})
