import { authorityOf, type CertificateRole, type Holder, isCertificateRole } from './holder.ts'

type Attribute = readonly [oid: string, text: string]

const oids = {
  O: '2.5.4.10',
  OU: '2.5.4.11',
  L: '2.5.4.7',
  name: '2.5.4.41',
  CN: '2.5.4.3',
} as const

/** Attributes in their order. The id is the common name, because that is what OpenVPN tells its clients apart by. */
export function renderSubject(holder: Holder): Attribute[] {
  const { centre, role, site, name, id } = holder
  if (faultOf(holder)) throw new Error(`no certificate can have the name "${name}"`)
  const place: Attribute[] = site === undefined ? [] : [[oids.L, site]]
  return [[oids.O, centre], [oids.OU, role], ...place, [oids.name, name], [oids.CN, id]]
}

/** Reads what Node prints of a subject, a line an attribute; in any other form than ours it is undefined. */
export function parseSubject(text: string): Holder | undefined {
  const { centre = '', role = '', site, name = '', id = '' } = subject.exec(text)?.groups ?? {}
  if (!isCertificateRole(role)) return undefined
  const holder = { id, role, name, centre, ...(site !== undefined && { site }) }
  return faultOf(holder) ? undefined : holder
}

const subject =
  /^O=(?<centre>.*)\nOU=(?<role>.*)(?:\nL=(?<site>.*))?\nname=(?<name>.*)\nCN=(?<id>.*)$/

/** Letters, digits, dots, dashes and underscores: nothing that the x509 library or a terminal reads more out of. */
const plainName = /^[a-z0-9_][a-z0-9_.-]{0,63}$/
const siteName = /^[a-z][a-z0-9]{0,11}$/
const certificateId = /^[4-7][0-9a-f]{31}$/

function faultOf({ id, role, name, centre, site }: Holder): boolean {
  const isNamed = [name, centre].every((text) => plainName.test(text))
  return !isNamed || !certificateId.test(id) || !isOfSite({ role, name, site })
}

/** Nodes and jobs are named after their site and slot; nobody else has a site. */
function isOfSite({
  role,
  name,
  site,
}: {
  role: CertificateRole
  name: string
  site?: string | undefined
}): boolean {
  if (authorityOf[role] !== 'node') return site === undefined
  if (site === undefined || !siteName.test(site)) return false
  const prefix = role === 'job' ? `${site}-job-` : `${site}-`
  return name.startsWith(prefix) && /^[1-9][0-9]{0,8}$/.test(name.slice(prefix.length))
}
