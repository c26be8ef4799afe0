import type { ReleaseRecord } from '../../protocol/records.ts'
import { actEntry } from '../admin/act.ts'
import type { Call } from '../call.ts'
import { Refusal } from '../refusal.ts'
import type { Server } from '../server.ts'
import { putExecutable, releasesFolder, type UploadFault } from './files.ts'
import { nameOf } from './record.ts'

/** Stores the executable of a known release, when it is the one that was signed for. */
export async function storeExecutable(
  call: Call<'releaseUpload'>,
  release: ReleaseRecord,
  server: Server,
): Promise<void> {
  const { stream } = call
  if (stream === undefined)
    throw new Refusal('message-malformed', 'the body is no application/octet-stream')
  const fault = await putExecutable(releasesFolder(server.folder), release, stream)
  if (fault !== undefined) throw new Refusal('release-refused', sentences[fault](release))
  const now = server.now()
  const act = { action: 'release-upload', subject: nameOf(release), detail: { hash: release.hash } }
  await server.store.write(({ audit }) => audit.append(actEntry({ call, now }, act)))
}

const sentences: Readonly<Record<UploadFault, (release: ReleaseRecord) => string>> = {
  'too-large': ({ size }) => `the executable has more than the ${size} bytes of its manifest`,
  'too-small': ({ size }) => `the executable has less than the ${size} bytes of its manifest`,
  'other-hash': () => 'the executable has another hash than its manifest says',
}
