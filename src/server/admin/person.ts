import type { EndpointName } from '../../protocol/endpoints.ts'
import type { Call, Person } from '../call.ts'
import { Refusal } from '../refusal.ts'

/** Who asks: the table of endpoints lets nobody but people in here. */
export function personOf({ caller }: Pick<Call<EndpointName>, 'caller'>): Person {
  if ('actor' in caller) return caller
  throw new Error(`an endpoint of administrators was called by a ${caller.kind}`)
}

/** Somebody for one site knows of nothing else. */
export function sees({ site: own }: Person, site: string | null): boolean {
  return own === null || own === site
}

/** The one site that this person may be told of, as a filter; no filter is all of them. */
export function onlySite({ site }: Person): { site?: string } {
  return site === null ? {} : { site }
}

export function checkSees(person: Person, site: string): void {
  if (sees(person, site)) return
  throw new Refusal('not-allowed', `an administrator of "${person.site}" has no say in "${site}"`)
}

/** What concerns the centre as a whole is not for administrators of one site. */
export function checkWhole({ site }: Person, what: string): void {
  if (site === null) return
  throw new Refusal('not-allowed', `${what} is not for an administrator of one site`)
}

/** A hub sees all traffic: hosts of the centre are for whoever may make administrators. */
export function checkHighest(person: Person, what: string): void {
  checkWhole(person, what)
  if (person.kind !== 'admin') throw new Refusal('not-allowed', `${what} is for the rank admin`)
}
