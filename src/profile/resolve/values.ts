import { factValue, isFactName, type Values } from '../template.ts'
import type { FactName, PlainName, ServiceName } from '../template-names.ts'
import { listOf, type Service } from '../types.ts'
import type { NodeContext } from './context.ts'

/** The value of each name that a template may have, for one node. */
export function nodeValues(context: NodeContext): Values {
  const known = new Map(Object.entries({ ...plainValues(context), ...serviceValues(context) }))
  return (name) => known.get(name) ?? (isFactName(name) ? factOrName(name, context) : undefined)
}

function plainValues({
  profile,
  site,
  identity,
  class: ofClass,
}: NodeContext): Record<PlainName, string> {
  return {
    'node.name': identity.name,
    'node.fqdn': identity.fqdn,
    'node.slot': String(identity.slot),
    'node.address': identity.addresses[0] ?? '',
    'node.address6': identity.addresses.find((address) => address.includes(':')) ?? '',
    'node.site': site.site,
    'node.class': ofClass?.name ?? '',
    'site.name': site.site,
    'centre.name': profile.centre.centre,
    'centre.domain': profile.centre.domain,
  }
}

function serviceValues({ profile }: NodeContext): Record<string, string> {
  const services = Object.entries(profile.centre.services).flatMap(([service, says]) =>
    Object.entries(valuesOf(says)).map(([name, value]) => [`service.${service}.${name}`, value]),
  )
  return Object.fromEntries(services)
}

function valuesOf({ address, names }: Service): Record<ServiceName, string> {
  const first = listOf(address)[0] ?? ''
  return { address: first, name: names?.[0] ?? first }
}

function factOrName(name: FactName, { facts }: NodeContext): string {
  return facts === undefined ? `{{${name}}}` : factValue(name, facts)
}
