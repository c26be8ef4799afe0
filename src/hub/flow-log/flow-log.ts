import { RollingFile } from '../../apply/rolling-file.ts'
import { isSystemError, systemMessage } from '../../apply/system-error.ts'
import type { Hub } from '../hub.ts'
import { innerFamilies } from '../network/routing.ts'
import type { HubState } from '../network/state.ts'
import { Said } from '../said.ts'
import { FlowLines, type Names } from './lines.ts'
import { flowReadings, parseFlows } from './listing.ts'

/** 256 MiB in all, whatever nodes do. */
const bound = { mostBytes: 64 * 2 ** 20, kept: 3 }
const listingLimit = 32 * 2 ** 20

/** Writes what the kernel remembers of new flows, of the sites that want it. */
export class FlowLog {
  readonly #hub: Hub
  readonly #file: RollingFile
  readonly #said: Said
  readonly #lines = new FlowLines()
  state: HubState | undefined

  constructor(hub: Hub) {
    this.#hub = hub
    this.#file = new RollingFile(`${hub.state}/hub/flows.jsonl`, bound)
    this.#said = new Said(hub.log)
  }

  async look(): Promise<undefined> {
    const { state } = this
    if (state === undefined || !state.config.sites.some((site) => site['log-flows'])) return
    const outputs: string[] = []
    for (const argv of flowReadings(innerFamilies(state))) {
      const { machine } = this.#hub
      const { code, stdout, cut } = await machine.run({ argv, outputLimit: listingLimit })
      // Rules that are not there yet, or no longer: the next round sees to them.
      if (code !== 0 || cut === true) return
      outputs.push(stdout)
    }
    const now = Date.now()
    await this.#write(this.#lines.take(parseFlows(outputs, now), this.#names(state), now))
  }

  async #write(lines: readonly string[]): Promise<void> {
    try {
      await this.#file.append(lines)
      this.#said.tell([])
    } catch (error) {
      if (!isSystemError(error)) throw error
      this.#said.tell([`flows cannot be logged: ${systemMessage(error)}`])
    }
  }

  #names({ config }: HubState): Names {
    return {
      nodeAt: (address) => this.#hub.nodeAt(address),
      serviceAt: (address) => config.services.find((one) => one.addresses.includes(address)),
    }
  }
}
