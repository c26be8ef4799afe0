import { type Centre, openCentre } from './centre.ts'
import type { Inventory } from './inventory.ts'
import { loadInventory } from './kept-inventory.ts'
import { readersFrom } from './nodeset.ts'
import { parseWanted, type Selection, select, type Wanted } from './select.ts'
import type { World } from './world.ts'

/** Which nodes, and by whose word. */
export interface Chosen extends Selection {
  inventory: Inventory
  centre: Centre
}

/** Asks the server which nodes are meant, and keeps the way to it open for what is to be told afterwards. */
export async function chooseNodes<T>(
  wanted: Wanted,
  world: World,
  use: (chosen: Chosen) => Promise<T>,
): Promise<T> {
  const terms = parseWanted(wanted)
  const centre = await openCentre(world)
  try {
    const inventory = await loadInventory(centre, world)
    const selection = await select(terms, inventory, readersFrom(world.stdin))
    return await use({ ...selection, inventory, centre })
  } finally {
    centre.close()
  }
}
