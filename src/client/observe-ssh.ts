import { familyOf } from '../address.ts'
import type { Machine } from '../apply/machine.ts'
import type { ObservedFile, ObservedPath } from '../site/observed.ts'
import {
  askSshd,
  parseHome,
  parsePaths,
  parseWords,
  readCommands,
  readPaths,
  type SshdQuestion,
} from '../site/read.ts'
import { defaultKeyFile, keyFiles, pathChain } from '../site/ssh/key-files.ts'
import type { ObservedSsh, SshdAnswer } from '../site/ssh/plan-keys.ts'
import { parseSshdConfig } from '../site/ssh/sshd-config.ts'
import type { SiteWanted } from '../site/wanted.ts'
import { fileUnlessRefused, outputOf, partialOutputOf, tryCommand } from './reading.ts'

const LOOPBACK: SshdQuestion = { hub: '127.0.0.1', node: '127.0.0.1' }

export async function observeSsh(
  wanted: SiteWanted | undefined,
  machine: Machine,
): Promise<ObservedSsh> {
  const home = parseHome((await outputOf(machine, readCommands.rootEntry)) ?? '')
  const groups = parseWords((await outputOf(machine, readCommands.rootGroups)) ?? '')
  const answers = await askAll(questionsFor(wanted), machine)
  const configs = (answers ?? []).flatMap((answer) => ('config' in answer ? [answer.config] : []))
  const named = configs.flatMap((config) => keyFiles(config, home))
  const candidates = [...new Set([...named, defaultKeyFile(home)])]
  const chains = [...new Set(candidates.flatMap((file) => pathChain(file, home)))]
  const paths = parsePaths(await partialOutputOf(machine, readPaths(chains)))
  const files = await readRegular(candidates, { machine, paths, home })
  return { home, groups, answers, candidates, paths, files }
}

/** One for each hub; sshd is asked all the same where nothing is wanted, since it says where a block may be. */
function questionsFor(wanted: SiteWanted | undefined): SshdQuestion[] {
  const { hubs, node } = wanted ?? { hubs: [], node: { addresses: [] } }
  const questions = hubs.flatMap((hub) => {
    const own = node.addresses.find((address) => familyOf(address) === familyOf(hub))
    return own === undefined ? [] : [{ hub, node: own }]
  })
  return questions.length === 0 ? [LOOPBACK] : questions
}

async function askAll(
  questions: readonly SshdQuestion[],
  machine: Machine,
): Promise<SshdAnswer[] | undefined> {
  const answers: SshdAnswer[] = []
  for (const question of questions) {
    const { code, stdout, stderr } = await tryCommand(machine, askSshd(question))
    if (code === 127) return undefined
    const { hub } = question
    answers.push(code === 0 ? { hub, config: parseSshdConfig(stdout) } : { hub, failure: stderr })
  }
  return answers
}

interface Reading {
  machine: Machine
  paths: ReadonlyMap<string, ObservedPath>
  home: string
}

/** What a symlink leads to, itself or on the way, is not root's authorized_keys. */
async function readRegular(
  candidates: readonly string[],
  { machine, paths, home }: Reading,
): Promise<Map<string, ObservedFile>> {
  const kinds = (path: string) => pathChain(path, home).map((each) => paths.get(each)?.kind)
  const plain = candidates.filter((path) => !kinds(path).includes('symlink'))
  const files = await Promise.all(plain.map((path) => fileUnlessRefused(machine, path)))
  return new Map(
    plain.flatMap((path, index) => {
      const file = files[index]
      return file === undefined ? [] : [[path, file]]
    }),
  )
}
