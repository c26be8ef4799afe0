import { familyOf } from '../address.ts'
import type { Machine } from '../apply/machine.ts'
import type { ObservedFile } from '../site/observed.ts'
import {
  askSshd,
  askSshdAside,
  missingSshdFolder,
  parseHome,
  parsePaths,
  parseWords,
  readCommands,
  readPaths,
  type SshdQuestion,
} from '../site/read.ts'
import { defaultKeyFile, keyFiles, pathChain } from '../site/ssh/key-files.ts'
import type { ObservedSsh, SshdAnswer } from '../site/ssh/keys.ts'
import { parseSshdConfig } from '../site/ssh/sshd-config.ts'
import type { SiteWanted } from '../site/wanted.ts'
import { fileUnlessRefused, outputOf, partialOutputOf, type Tried, tryCommand } from './reading.ts'

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
  const files = await readFiles(candidates, machine)
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
    const { code, stdout, stderr } = await ask(question, machine)
    if (code === 127) return undefined
    const { hub } = question
    answers.push(code === 0 ? { hub, config: parseSshdConfig(stdout) } : { hub, failure: stderr })
  }
  return answers
}

async function ask(question: SshdQuestion, machine: Machine): Promise<Tried> {
  const asked = await tryCommand(machine, askSshd(question))
  const folder = missingSshdFolder(asked.stderr)
  if (asked.code === 0 || folder === undefined) return asked
  const aside = await tryCommand(machine, askSshdAside(question, folder))
  return aside.code === 0 ? aside : asked
}

/** Also what a symlink leads to: keys that were put there before it became one must not stay for ever. */
async function readFiles(
  candidates: readonly string[],
  machine: Machine,
): Promise<Map<string, ObservedFile>> {
  const files = new Map<string, ObservedFile>()
  for (const path of candidates) {
    const file = await fileUnlessRefused(machine, path)
    if (file !== undefined) files.set(path, file)
  }
  return files
}
