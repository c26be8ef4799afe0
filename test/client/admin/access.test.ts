import { afterEach, expect, test, vi } from 'vitest'
import type { Machine } from '../../../src/apply/machine.ts'
import { openAccess } from '../../../src/client/admin/access.ts'
import { whyUnsafe } from '../../../src/client/admin/bundle.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** A machine where nothing is run, and this user has no bundle. */
function machine(): Machine {
  const refuse = async () => {
    throw new Error('not expected')
  }
  return { run: refuse, readFile: async () => undefined, writeFile: refuse, removeFile: refuse }
}

const context = {
  runDir: '/run/dynfarm',
  access: { bundle: undefined, ownBundle: '/home/anna/admin.json', sudoUser: undefined },
  log: { warn: () => {} },
}

test('a user whom the socket is shut to is told who may use it', async () => {
  await expect(openAccess(context, machine(), async () => 'shut')).rejects.toMatchObject({
    code: 'bundle-missing',
    message:
      'only root may use the server\'s socket "/run/dynfarm/admin.sock", and there is no bundle "/home/anna/admin.json"',
  })
})

test.each([
  [0, 'server-not-running'],
  [1000, 'bundle-missing'],
])('where no server runs, user %d hears of %s', async (user, code) => {
  vi.spyOn(process, 'geteuid').mockReturnValue(user)
  const asked = openAccess(context, machine(), async () => 'none')
  await expect(asked).rejects.toMatchObject({ code, message: /^no server runs on this host/ })
})

test.each([
  [0o600, 1000, 1000, undefined],
  [0o400, 1000, 1000, undefined],
  [0o600, 1000, 0, undefined],
  [0o600, 1001, 1000, 'belongs to another user'],
  [0o600, 0, 1000, 'belongs to another user'],
  [0o610, 1000, 1000, 'is open to others (mode 0610)'],
  [0o640, 1000, 0, 'is open to others (mode 0640)'],
])('a bundle with mode %o of user %d, used by %d: %s', (mode, uid, user, why) => {
  expect(whyUnsafe({ mode, uid }, user)).toBe(why)
})
