import { createPrivateKey, X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import { createFile } from '../../apply/create-file.ts'
import { DynfarmError } from '../../errors.ts'
import { createCsr, createKey } from '../../pki/csr.ts'
import { parseSubject } from '../../pki/subject.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import { parseWay } from '../../protocol/way.ts'
import type { Client } from '../requests.ts'
import { type AdminContext, openAccess } from './access.ts'
import { adminUrls } from './admin-urls.ts'
import { checkAsk } from './ask.ts'
import { type Bundle, renderBundle } from './bundle.ts'

type AdminRequest = RequestOf<'adminCreate'>

export interface NewAdmin extends Pick<AdminRequest, 'name' | 'rank' | 'site'> {
  urls: readonly string[]
  via: string | undefined
  /** Where the bundle goes. */
  out: string
}

export interface AdminMade {
  file: string
  urls: string[]
  /** The end of the certificate, in milliseconds since 1970. */
  expires: number
}

interface Making extends AdminContext {
  configDir: string
  signal: AbortSignal
}

/** Gives a person access: their key is made here, and is in their bundle and nowhere else. */
export async function createAdmin(wanted: NewAdmin, context: Making): Promise<AdminMade> {
  const { name, rank, site, via } = wanted
  const key = await createKey()
  const csr = createCsr(key).toString('base64')
  const body = { name, rank, csr, ...(site !== undefined && { site }) }
  checkAsk('adminCreate', { body })
  if (via !== undefined) parseWay(via)
  const { client, bundle: own } = await openAccess(context)
  try {
    const { configDir, signal, log } = context
    const { urls, warnings } = await adminUrls({ urls: wanted.urls, bundle: own, configDir })
    const file = resolve(wanted.out)
    let expires = 0
    await createFile(file, async () => {
      const made = await ask(client, { body, key, signal })
      expires = made.expires
      const { centre, certificate, pins } = made
      const bundle: Bundle = { centre, name, urls, pins, certificate, key }
      return renderBundle({ ...bundle, ...(via !== undefined && { via }) })
    })
    for (const warning of warnings) log.warn(warning)
    return { file, urls, expires }
  } finally {
    client.close()
  }
}

interface Asking {
  body: AdminRequest
  key: string
  signal: AbortSignal
}

async function ask(client: Client, { body, key, signal }: Asking) {
  const { certificate, pins } = await client.request('adminCreate', { body, signal })
  const x509 = new X509Certificate(certificate)
  const holder = parseSubject(x509.subject)
  const isOurs =
    x509.checkPrivateKey(createPrivateKey(key)) &&
    holder?.role === 'admin' &&
    holder.name === body.name
  if (!isOurs)
    throw new DynfarmError('answer-refused', 'the certificate in the answer is not for this key')
  return { certificate, pins, centre: holder.centre, expires: x509.validToDate.getTime() }
}
