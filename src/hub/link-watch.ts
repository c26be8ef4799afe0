import type { Hub } from './hub.ts'
import { linkHealth, linkProbes, probeLinks, troubles } from './link-health.ts'
import type { HubState } from './network/state.ts'

/** Looks whether the far ends answer, and tells when that changes. */
export class LinkWatch {
  readonly #hub: Hub
  state: HubState | undefined
  /** By service, as it was told. */
  #silent: ReadonlyMap<string, string> = new Map()

  constructor(hub: Hub) {
    this.#hub = hub
  }

  async look(): Promise<undefined> {
    const { state } = this
    const hub = this.#hub
    if (state === undefined || hub.uplink?.canPing === false) return
    const results = await probeLinks(hub.machine, linkProbes(state))
    const links = linkHealth(results, hub.links, Date.now())
    const changes = links.some((link, at) => link.state !== hub.links[at]?.state)
    hub.links = links
    if (changes) hub.toReport.wake()
    this.#tell(troubles(results))
  }

  /** Of each service once, until it is another trouble or it answers again. */
  #tell(now: ReadonlyMap<string, string>): void {
    const { log } = this.#hub
    for (const [service, why] of now)
      if (this.#silent.get(service) !== why) log.warn(`service "${service}": ${why}`)
    const isThere = (service: string) => this.#hub.links.some(({ peer }) => peer === service)
    for (const service of this.#silent.keys())
      if (!now.has(service) && isThere(service)) log.info(`service "${service}" answers again`)
    this.#silent = now
  }
}
