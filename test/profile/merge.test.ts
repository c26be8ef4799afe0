import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostLines } from '../../src/profile/resolve/hosts.ts'
import {
  type Layer,
  type Merged,
  mergeLayers,
  overlay,
  readLayer,
} from '../../src/profile/resolve/merge.ts'
import type { Customisation } from '../../src/profile/types.ts'

const path = fc.constantFrom('/etc/a', '/etc/b', '/etc/c')
const word = fc.constantFrom('one', 'two', 'three')
const argv = fc.array(word, { minLength: 1, maxLength: 2 })

function some<T>(item: fc.Arbitrary<T>, key: (item: T) => string): fc.Arbitrary<T[]> {
  return fc.uniqueArray(item, { selector: key, maxLength: 3 })
}

const customisation: fc.Arbitrary<Customisation> = fc.record(
  {
    hostname: fc.constantFrom('set' as const, 'keep' as const),
    hosts: fc.dictionary(
      fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1'),
      fc.uniqueArray(word, { minLength: 1 }),
    ),
    files: some(
      fc.record({
        path,
        content: word,
        secret: fc.boolean(),
        template: fc.boolean(),
        absent: fc.boolean(),
      }),
      (file) => file.path,
    ),
    commands: some(fc.record({ name: word, run: argv, timeout: word }), (one) => one.name),
    checks: some(fc.record({ name: word, run: argv, timeout: word }), (one) => one.name),
    labels: fc.dictionary(fc.constantFrom('a', 'b'), word),
  },
  { requiredKeys: [] },
)

const layers = fc
  .array(customisation, { minLength: 3, maxLength: 3 })
  .map((all) => all.map((says, rank): Layer => layer(says, rank)))

describe('merging', () => {
  it('gives the same, whichever layers are laid together first', () => {
    fc.assert(
      fc.property(layers, (all) => {
        const [a, b, c] = all.map(readLayer) as [Merged, Merged, Merged]
        expect(entriesOf(overlay(overlay(a, b), c))).toEqual(entriesOf(overlay(a, overlay(b, c))))
      }),
    )
  })

  it('changes nothing when a layer is laid over itself', () => {
    fc.assert(
      fc.property(customisation, (says) => {
        const one = readLayer(layer(says, 0))
        expect(entriesOf(overlay(one, one))).toEqual(entriesOf(one))
      }),
    )
  })

  it('takes no notice of the order of the keys of maps', () => {
    fc.assert(
      fc.property(layers, (all) => {
        const turned = all.map((one) => ({ ...one, says: reverseMaps(one.says) }))
        expect(results(mergeLayers(turned))).toEqual(results(mergeLayers(all)))
      }),
    )
  })

  it('keeps what only one layer has, and of what several have the last', () => {
    fc.assert(
      fc.property(layers, (all) => {
        const merged = mergeLayers(all)
        const last = <T>(list: (says: Customisation) => T[] | undefined, is: (one: T) => boolean) =>
          all.flatMap(({ says }) => list(says)?.filter(is) ?? []).at(-1)
        for (const [path, { value }] of merged.files) {
          expect(value).toEqual(
            last(
              (says) => says.files,
              (one) => one.path === path,
            ),
          )
        }
        for (const [name, { value }] of merged.commands) {
          expect(value).toEqual(
            last(
              (says) => says.commands,
              (one) => one.name === name,
            ),
          )
        }
        for (const [name, { value }] of merged.checks) {
          expect(value).toEqual(
            last(
              (says) => says.checks,
              (one) => one.name === name,
            ),
          )
        }
        for (const [name, { value }] of merged.labels) {
          expect(value).toBe(
            all
              .map(({ says }) => says.labels?.[name])
              .filter(Boolean)
              .at(-1),
          )
        }
        expect(merged.hostname?.value).toBe(
          all
            .map(({ says }) => says.hostname)
            .filter(Boolean)
            .at(-1),
        )
      }),
    )
  })
})

it('keeps a replaced entry in its place, and puts new ones behind', () => {
  const command = (name: string, run: string) => ({ name, run: [run], timeout: '60s' })
  const merged = mergeLayers([
    layer({ commands: [command('mount', 'a'), command('start', 'b')] }, 0),
    layer({ commands: [command('tell', 'c'), command('mount', 'd')] }, 1),
  ])
  expect([...merged.commands.values()].map((one) => one.value.run[0])).toEqual(['d', 'b', 'c'])
})

it('moves a host name to the address that the later layer gives it', () => {
  const merged = mergeLayers([
    layer({ hosts: { '10.0.0.1': ['squid', 'proxy'], '10.0.0.2': ['cache'] } }, 0),
    layer({ hosts: { '10.0.0.2': ['Squid'], 'fd00::2': ['Squid'] } }, 1),
  ])
  expect(hostLines(merged.hosts).map((line) => line.value)).toEqual([
    { address: '10.0.0.1', names: ['proxy'] },
    { address: '10.0.0.2', names: ['cache', 'Squid'] },
    { address: 'fd00::2', names: ['Squid'] },
  ])
})

function layer(says: Customisation, rank: number): Layer {
  return { says, rank, origin: { file: `layer${rank}.yaml`, path: [] } }
}

function entriesOf(merged: Merged): unknown[] {
  return Object.values(merged).map((part) => (part instanceof Map ? [...part] : part))
}

/** What comes of it, in the order it comes in. */
function results({ hosts, ...rest }: Merged): unknown[] {
  return [
    hostLines(hosts),
    ...Object.values(rest).map((part) => (part instanceof Map ? [...part] : part)),
  ]
}

function reverseMaps(says: Customisation): Customisation {
  const turn = <T>(map: Record<string, T>) => Object.fromEntries(Object.entries(map).reverse())
  return turn({
    ...says,
    ...(says.hosts && { hosts: turn(says.hosts) }),
    ...(says.labels && { labels: turn(says.labels) }),
  }) as Customisation
}
