import type { Log } from '../log.ts'
import { type Paint, renderTable } from '../profile/table.ts'
import { cleanLine } from '../protocol/hostile.ts'
import { openCentre } from './centre.ts'
import type { Inventory, InventoryNode } from './inventory.ts'
import { loadInventory } from './kept-inventory.ts'
import {
  type FieldName,
  fields,
  keyOf,
  parseField,
  parseFields,
  usualFields,
} from './list-fields.ts'
import { sortNames } from './nodeset/fold.ts'
import { readersFrom } from './nodeset.ts'
import { sendRuns } from './run-queue.ts'
import { parseWanted, select } from './select.ts'
import type { World } from './world.ts'

export interface ListOptions {
  /** Without any, all. */
  nodes: readonly string[]
  exclude: readonly string[]
  format: string | undefined
  /** A field; with "-" before it, backwards. */
  sort: string | undefined
}

export interface Listed {
  text: string
  records: object[]
}

/** The nodes by the server, or as they were known. It is a contact like any: what waits to be told is told. */
export async function runList(
  { format, sort, ...wanted }: ListOptions,
  world: World,
  now: () => number = Date.now,
): Promise<Listed> {
  const columns = format === undefined ? usualFields : parseFields(format)
  const order = orderOf(sort)
  const nodes = order(await find(wanted, world))
  const painted = { columns, now: now(), paint: world.log.paint }
  return { text: renderList(nodes, painted), records: nodes.map(recordOf) }
}

async function find(
  { nodes, exclude }: Pick<ListOptions, 'nodes' | 'exclude'>,
  world: World,
): Promise<InventoryNode[]> {
  const isAll = nodes.length === 0 && exclude.length === 0
  const terms = parseWanted({ nodes: nodes.length === 0 ? ['@all'] : nodes, exclude, all: true })
  const centre = await openCentre(world)
  try {
    // The newest, not only what decides where a command goes.
    const inventory = await loadInventory(centre, world, { whole: true })
    if (inventory.rank !== 'viewer') await sendRuns({ centre, world })
    if (isAll) return inOrder(inventory.nodes)
    return (await select(terms, inventory, readersFrom(world.stdin))).targets
  } finally {
    centre.close()
  }
}

function inOrder(nodes: Inventory['nodes']): InventoryNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  return sortNames(byName.keys()).flatMap((name) => byName.get(name) ?? [])
}

/** Numbers in names, addresses and versions by their value. */
const { compare: inNumbers } = new Intl.Collator('en', { numeric: true })

type Order = (nodes: readonly InventoryNode[]) => InventoryNode[]

/** Those that are equal stay in the order of their names. */
export function orderOf(sort: string | undefined): Order {
  if (sort === undefined) return (nodes) => [...nodes]
  const isBackwards = sort.startsWith('-')
  const field = fields[parseField(sort.replace(/^-/, ''))]
  const sign = isBackwards ? -1 : 1
  return (nodes) =>
    nodes.toSorted((a, b) => {
      if (field.order !== undefined) return sign * (field.order(a) - field.order(b))
      return sign * inNumbers(field.text(a, 0), field.text(b, 0))
    })
}

interface Painted {
  columns: readonly FieldName[]
  now: number
  paint: Log['paint']
}

export function renderList(
  nodes: readonly InventoryNode[],
  { columns, now, paint }: Painted,
): string {
  const rows = nodes.map((node) => columns.map((name) => cleanLine(fields[name].text(node, now))))
  const colours: Readonly<Record<string, (text: string) => string>> = {
    ...{ ready: paint.green, joining: paint.yellow, quarantined: paint.yellow },
    ...{ failed: paint.red, revoked: paint.red, changed: paint.red, none: paint.red },
  }
  const paintCell: Paint = (cell, column) => {
    const isStatus = ['state', 'key'].includes(columns[column] ?? '')
    return (isStatus ? colours[cell]?.(cell) : undefined) ?? cell
  }
  return renderTable(
    columns.map((name) => name.toUpperCase()),
    rows,
    paintCell,
  )
}

function recordOf(node: InventoryNode): object {
  const { name, site, state, addresses, rung, lastSeen, version, labels } = node
  const facts = { rung: rung ?? null, lastSeen: lastSeen ?? null, version: version ?? null }
  const ofClass = { class: node.class ?? null }
  return { node: name, site, ...ofClass, state, addresses, ...facts, labels, hostKey: keyOf(node) }
}
