import type { Manifest } from '../../pki/manifest-facts.ts'
import { endpoints, type RequestOf } from '../../protocol/endpoints.ts'
import type { ReleaseRecord } from '../../protocol/records.ts'
import { actEntry } from '../admin/act.ts'
import { personOf } from '../admin/person.ts'
import type { Call } from '../call.ts'
import { Refusal } from '../refusal.ts'
import type { Server } from '../server.ts'
import { checkRelease } from './check.ts'
import { compareRelease, nameOf } from './record.ts'

type Statement = RequestOf<'releaseAdd'>['statement']

/** Takes in a release that the centre's release key signed. Once more, it is as it was. */
export async function announceRelease(
  call: Call<'releaseAdd'>,
  server: Server,
): Promise<ReleaseRecord> {
  const now = server.now()
  const { statement } = call.body
  const manifest = checkStatement(statement, server)
  const offered = {
    ...partsOf(manifest, statement),
    created: now,
    createdBy: personOf(call).actor,
  }
  return server.store.write(async ({ releases, audit }) => {
    const known = await releases.byVersion(manifest.version, manifest.platform)
    const news = compareRelease(known, manifest)
    if (news === 'other') throw refused(`"${nameOf(offered)}" is known with another hash`)
    if (known !== undefined && news === 'known') return known
    if (news === 'new') await releases.insert(offered)
    else await releases.renew(offered)
    const detail = { news, hash: manifest.hash, expiry: manifest.expiry.getTime() }
    const act = { action: 'release-add', subject: nameOf(offered), detail }
    await audit.append(actEntry({ call, now }, act))
    return { ...offered, ...(known && { created: known.created, createdBy: known.createdBy }) }
  })
}

function checkStatement(statement: Statement, { keys, profile, now }: Server): Manifest {
  const checked = checkRelease(statement, {
    key: keys.releaseKey,
    centre: profile().centre.centre,
    now: new Date(now()),
    largest: endpoints.releaseUpload.bodyLimit,
  })
  if ('value' in checked) return checked.value
  throw refused(`the manifest is refused: ${checked.refused}`)
}

function partsOf({ version, platform, hash, size }: Manifest, { text, signature }: Statement) {
  return { version, platform, hash, size, manifest: text, signature }
}

function refused(why: string): Refusal {
  return new Refusal('release-refused', why, { path: '/statement' })
}
