import type { AnswerOf } from '../../protocol/endpoints.ts'
import type { ReleaseRecord } from '../../protocol/records.ts'
import { checkWhole, personOf } from '../admin/person.ts'
import type { Handlers } from '../call.ts'
import type { Server } from '../server.ts'
import { announceRelease } from './announce.ts'
import { sendExecutable } from './fetch.ts'
import { hasExecutable, releasesFolder } from './files.ts'
import { findRelease, manifestOf } from './record.ts'
import { storeExecutable } from './upload.ts'

export const releaseHandlers = {
  releaseAdd: async (call, server) => {
    checkWhole(personOf(call), 'a release')
    return render(await announceRelease(call, server), server)
  },

  releaseUpload: async (call, server) => {
    checkWhole(personOf(call), 'a release')
    const release = await findRelease(call, server.store)
    await storeExecutable(call, release, server)
    return render(release, server)
  },

  releaseList: async (_call, server) => {
    const releases = await server.store.read((reads) => reads.releases.list())
    return { releases: await Promise.all(releases.map((release) => render(release, server))) }
  },

  releaseStatement: async (call, { store }) => {
    const { manifest, signature } = await findRelease(call, store)
    return { text: manifest, signature }
  },

  releaseFile: async (call, server) =>
    sendExecutable(call, await findRelease(call, server.store), server),
} satisfies Handlers

async function render(release: ReleaseRecord, { folder }: Server): Promise<AnswerOf<'releaseAdd'>> {
  const { version, platform, hash, size, created } = release
  const stored = await hasExecutable(releasesFolder(folder), release)
  const expiry = manifestOf(release).expiry.getTime()
  return { version, platform, hash, size, created, stored, expiry }
}
