import { familyOf } from '../../address.ts'
import { visibleText } from '../../plan/text.ts'
import type { SiteProblem } from '../wanted.ts'
import { judgeKeys, judgeSshd } from './judge.ts'
import { chooseKeyFile, defaultKeyFile, judgePaths, noKeyFile, pathChain } from './key-files.ts'
import { isKey } from './key-line.ts'
import type { KeysWanted, ObservedSsh, SshdAnswer } from './keys.ts'

export interface PlaceForKeys {
  file: string | undefined
  writable: boolean
  problems: SiteProblem[]
}

/** Where the keys go, and why they might not work there. */
export function placeForKeys(wanted: KeysWanted, observed: ObservedSsh): PlaceForKeys {
  const { answers, home, paths } = observed
  if (answers === undefined) return { file: undefined, writable: false, problems: [missing] }
  const configs = answers.flatMap((answer) => ('config' in answer ? [answer.config] : []))
  const file = configs.length === 0 ? defaultKeyFile(home) : chooseKeyFile(configs, home)
  const faults = file === undefined ? [] : judgePaths(pathChain(file, home), paths)
  const problems = [
    ...answers.flatMap((answer) => judgeAnswer(answer, wanted, observed)),
    ...(file === undefined ? [noKeyFile(configs, home)] : []),
    ...faults,
  ]
  return { file, writable: faults.length === 0, problems: withoutDoubles(problems) }
}

const missing: SiteProblem = {
  code: 'sshd-missing',
  message: 'there is no sshd, so administrators cannot reach this machine: install openssh-server',
}

function judgeAnswer(
  answer: SshdAnswer,
  wanted: KeysWanted,
  { groups }: ObservedSsh,
): SiteProblem[] {
  const { hub } = answer
  if ('failure' in answer) return [unreadable(answer.failure)]
  const admins = wanted.admins.filter(isKey)
  return [
    ...wanted.addresses
      .filter((node) => familyOf(node) === familyOf(hub))
      .flatMap((node) => judgeSshd(answer.config, { hub, node, groups })),
    ...judgeKeys(answer.config, admins),
  ]
}

function unreadable(failure: string): SiteProblem {
  const why = visibleText(failure.trim().split('\n').at(-1) ?? '').slice(0, 300)
  const message = `"sshd -T" does not tell what sshd would do: ${why}`
  return { code: 'sshd-unreadable', message }
}

function withoutDoubles(problems: readonly SiteProblem[]): SiteProblem[] {
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()]
}
