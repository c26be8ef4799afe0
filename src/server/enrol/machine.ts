import type { RequestOf } from '../../protocol/endpoints.ts'
import type { MachineIdentity } from '../../protocol/records.ts'

type Claimed = RequestOf<'join'>['identity']

/** So many boots are remembered. */
const bootsKept = 8

/** What of a machine is another one's; what either does not say is no difference. */
export function differencesOf(known: MachineIdentity | null, claimed: Claimed): string[] {
  if (known === null) return []
  const fields = [
    ['machine-id', differ(known.machineId, claimed.machineId)],
    ['DMI UUID', differ(known.dmiUuid, claimed.dmiUuid)],
    ['instance id', differ(known.instanceId, claimed.instanceId)],
    ['boot id', isEarlierBoot(known, claimed)],
  ] as const
  return fields.filter(([, differs]) => differs).map(([name]) => name)
}

function differ(known: string | null, claimed: string | null | undefined): boolean {
  return Boolean(known) && Boolean(claimed) && known !== claimed
}

/** A machine that booted anew never comes back with an earlier boot: then there are two, alive at once. */
function isEarlierBoot({ bootIds = [] }: MachineIdentity, { bootId }: Claimed): boolean {
  return Boolean(bootId) && bootIds.indexOf(bootId ?? '') > 0
}

/** What is known of the machine now. */
export function mergeMachine(known: MachineIdentity | null, claimed: Claimed): MachineIdentity {
  const boots = known?.bootIds ?? []
  const isBoot = Boolean(claimed.bootId) && claimed.bootId !== boots[0]
  return {
    machineId: claimed.machineId || (known?.machineId ?? null),
    dmiUuid: claimed.dmiUuid || (known?.dmiUuid ?? null),
    instanceId: claimed.instanceId || (known?.instanceId ?? null),
    bootIds: isBoot ? [claimed.bootId ?? '', ...boots].slice(0, bootsKept) : boots,
    isProved: known?.isProved ?? false,
  }
}
