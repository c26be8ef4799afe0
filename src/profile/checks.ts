import { checkFamilies } from './checks/families.ts'
import { checkFiles } from './checks/files.ts'
import { checkNames } from './checks/names.ts'
import { checkNetworks } from './checks/networks.ts'
import { checkReferences } from './checks/references.ts'
import { checkRootless } from './checks/rootless.ts'
import { checkServices } from './checks/services.ts'
import { checkSwallowed } from './checks/swallowed.ts'
import { checkTemplates } from './checks/templates.ts'
import { checkTunnels } from './checks/tunnels.ts'
import { checkUnusable } from './checks/unusable.ts'
import type { Draft } from './draft.ts'
import type { Finding } from './finding.ts'

/** Everything that can be wrong with a configuration beyond its shape and the files it names. */
export function checkDraft(draft: Draft): Finding[] {
  return [
    ...checkNames(draft),
    ...checkReferences(draft),
    ...checkTunnels(draft),
    ...checkServices(draft.centre),
    ...checkRootless(draft.centre),
    ...checkNetworks(draft),
    ...checkUnusable(draft),
    ...checkSwallowed(draft),
    ...checkFamilies(draft),
    ...checkFiles(draft),
    ...checkTemplates(draft),
  ]
}
