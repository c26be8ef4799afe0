import { randomBytes } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { realMachine } from '../../../src/apply/real-machine.ts'
import { wayTo } from '../../../src/client/join/enrolment.ts'
import { type Flags, readSettings } from '../../../src/client/join/settings.ts'
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

  test('that is mistyped is told with its file, and without itself', async () => {
    const files = { token: `${token.slice(0, -2)}00` }
    const error = await read(`${server}token-file: token\n`, { files }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'token-mistyped' })
    expect(error.message).toMatch(/^".*\/token": the token is mistyped/)
    expect(error.message).not.toContain(token.slice(20, 40))
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
