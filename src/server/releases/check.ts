import type { Checked } from '../../pki/checked.ts'
import { type Manifest, readManifest } from '../../pki/manifest-facts.ts'
import { isSigned, parseFacts, type Statement } from '../../pki/statement.ts'

interface Expected {
  /** The public release key of the centre, PEM. */
  key: string
  centre: string
  now: Date
  /** Bytes of the largest executable that is taken. */
  largest: number
}

/** What a statement says of a release, when the centre's release key signed it and machines can still take it. */
export function checkRelease(
  statement: Statement,
  { key, centre, now, largest }: Expected,
): Checked<Manifest, string> {
  if (!isSigned('release', statement, key))
    return { refused: 'the release key of this centre did not sign it' }
  const facts = parseFacts(statement.text)
  const manifest = facts && readManifest(facts)
  if (manifest === undefined) return { refused: 'it is not a manifest' }
  if (manifest.centre !== centre)
    return { refused: `it is for the centre "${manifest.centre}", this is "${centre}"` }
  if (manifest.expiry <= now) return { refused: 'it has expired' }
  if (manifest.issued.getTime() > now.getTime() + toleranceMs)
    return { refused: 'it was signed more than a day from now' }
  if (manifest.size > largest) return { refused: `it is for more than ${largest} bytes` }
  return { value: manifest }
}

/** How much the signer's clock may be ahead. */
const toleranceMs = 24 * 3600 * 1000
