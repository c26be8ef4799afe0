/**
 * The language of templates: `{{name}}`, spaces inside allowed, nothing else. This is the one list of names;
 * the checks refuse any other, and src/profile/template.ts must have a value for each.
 */

export const plainNames = {
  'node.name': 'its name: aruba-1',
  'node.fqdn': 'its name in the domain: aruba-1.farm.example.org',
  'node.slot': 'its number: 1',
  'node.address': 'its inner address, the IPv4 one of a pair',
  'node.address6': 'its inner IPv6 address, empty when the site has none',
  'node.site': 'the name of its site',
  'node.class': 'the name of its class, empty when it has none',
  'site.name': 'the name of the site',
  'centre.name': 'the name of the centre',
  'centre.domain': "the nodes' domain",
} as const

/** `service.NAME.address`: for every service of centre.yaml. */
export const serviceNames = {
  address: 'its first address',
  name: 'the first of its names, its address when it has none',
} as const

/** What the machine says of itself. */
export const factNames = {
  'fact.hostname': 'the name it had before it joined',
  'fact.machine-id': '/etc/machine-id',
  'fact.instance-id': "the cloud's name for it, empty without a cloud",
  'fact.image': "the cloud image it was started from, empty when it doesn't say",
  'fact.address': 'the address it reaches the server from',
  'fact.os': 'ID of /etc/os-release: debian',
  'fact.os-version': 'VERSION_ID of /etc/os-release: 12',
  'fact.kernel': 'uname -r',
  'fact.architecture': 'uname -m',
  'fact.cpus': 'the number of processors',
  'fact.memory': 'memory in MiB',
} as const

export type PlainName = keyof typeof plainNames
export type ServiceName = keyof typeof serviceNames
export type FactName = keyof typeof factNames

export function knownTemplateNames(services: readonly string[]): string[] {
  const ofServices = services.flatMap((service) =>
    Object.keys(serviceNames).map((name) => `service.${service}.${name}`),
  )
  return [...Object.keys(plainNames), ...ofServices, ...Object.keys(factNames)]
}

export interface Placeholder {
  /** What stands between the braces; undefined when they are not closed on the same line. */
  name: string | undefined
  /** As it is written, braces and all. */
  text: string
  index: number
}

/** Every `{{` of a text with what belongs to it, in order. */
export function placeholders(text: string): Placeholder[] {
  return [...text.matchAll(/\{\{(?:([^{}\n]*)\}\})?/g)].map((match) => ({
    name: match[1]?.trim(),
    text: match[0],
    index: match.index,
  }))
}
