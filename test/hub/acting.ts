import type { Machine } from '../../src/apply/machine.ts'
import { Hub } from '../../src/hub/hub.ts'
import type { Known } from '../../src/hub/known.ts'
import type { Seating } from '../../src/hub/seats.ts'
import { makeLog } from '../../src/log.ts'
import { KeptStream } from '../fakes/stream.ts'

/** A hub on a machine that only takes files, with all that it said and wrote. */
export function makeHub(known: Known, seats: ReadonlyMap<string, Seating> = new Map()) {
  const said = new KeptStream()
  const files = new Map<string, string>()
  const refuse = async () => {
    throw new Error('nothing but files here')
  }
  const disk = { isFull: false }
  const machine: Machine = {
    ...{ run: refuse, readFile: refuse, removeFile: refuse },
    writeFile: async (path, { content }) => {
      if (disk.isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC', errno: -28 })
      files.set(path, Buffer.from(content).toString())
    },
  }
  const identity = {
    ...{
      urls: [],
      pins: [],
      key: '',
      wireguard: { private: '', public: '' },
      role: 'hub' as const,
    },
    ...{ name: 'hub1', id: 'h', centre: 'example', certificate: '', nodeAuthority: '' },
    ...{ releaseKey: '', keyFile: '', wireguardKeyFile: '' },
  }
  const log = makeLog({ stdout: new KeptStream(), stderr: said, env: {} })
  const hub = new Hub({
    ...{ identity, state: '/s', machine, log, known },
    seats: { seats, closed: undefined },
  })
  return { hub, said, files, disk }
}
