import type { InventoryNode } from './inventory.ts'
import type { Target } from './session/target.ts'

/** A node as it is connected to. */
export function targetOf({
  name,
  addresses,
  port = 22,
  hostKeys,
  changedHostKeys,
}: InventoryNode): Target {
  const hasChangedKeys = (changedHostKeys ?? []).length > 0
  return { name, addresses, port, hostKeys, hasChangedKeys }
}
