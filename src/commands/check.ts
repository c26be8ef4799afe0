import { describeService } from '../client/service-end.ts'
import { renderServiceEnds } from '../client/service-end-text.ts'
import { DynfarmError } from '../errors.ts'
import { listFlows, renderFlows } from '../profile/flows.ts'
import { loadProfile } from '../profile/load.ts'
import { countProblems, renderProblems } from '../profile/problem.ts'
import { effectiveRecord, renderEffective } from '../profile/render.ts'
import { resolveNode } from '../profile/resolve.ts'
import type { Profile } from '../profile/types.ts'
import type { CommandSpec, Input, Result } from './command.ts'

export const spec: CommandSpec = {
  about: 'Without --render or --flows it prints problems only.',
  arguments: [['[dir]', 'the configuration folder (default: that of --config)']],
  options: [
    ['--site <site>', 'with --render: what a node of this site gets'],
    ['--class <class>', 'with --site: a node of this class'],
    ['--service <service>', 'with --render: what its host is given where dynfarm never runs'],
    ['--render', 'print what follows from the configuration, and where each value was written'],
    ['--flows', 'print source, destination, protocol and port, for the firewall ticket'],
  ],
  examples: [
    ['dynfarm check', 'every problem in every file, each with its place'],
    ['dynfarm check ./centre --json', 'the same as records'],
    ['dynfarm check --site aruba --class cache --render', 'what a node gets'],
    ['dynfarm check --service ce --render', 'commands and files for the host of a service'],
    ['dynfarm check --flows', 'what the firewalls on the way must let pass'],
  ],
  exits: [78],
  run: async ({ args: [dir], options }, { configDir }) => {
    const view = viewOf(options)
    const { profile, problems } = await loadProfile(dir ?? configDir)
    if (profile !== undefined) return view(profile)
    const remark = countProblems(problems)
    return { text: renderProblems(problems), json: { problems }, remark, exit: 78 }
  },
}

type View = (profile: Profile) => Result | Promise<Result>

/** Options that contradict each other are refused before anything is read. */
function viewOf({ site, class: ofClass, service, render, flows }: Input['options']): View {
  const views = [site && '--site', service && '--service', flows && '--flows'].filter(Boolean)
  if (views.length > 1) throw usage(`${views.join(' and ')} do not go together`)
  if (ofClass && !site) throw usage('--class needs --site')
  if (render && !site && !service) throw usage('--render needs --site or --service')
  if ((site || service) && !render) throw usage(`${views[0]} needs --render`)
  if (flows) return viewFlows
  if (typeof service === 'string') return (profile) => viewService(profile, service)
  if (typeof site !== 'string') return viewNothing
  return (profile) =>
    viewNode(profile, { site, ...(typeof ofClass === 'string' && { class: ofClass }) })
}

function usage(message: string): DynfarmError {
  return new DynfarmError('usage', message)
}

function viewNothing({ dir, sites }: Profile): Result {
  const remark = `no problems in "${dir}": the centre and ${sites.size} ${sites.size === 1 ? 'site' : 'sites'}`
  return { text: '', json: { problems: [] }, remark }
}

function viewNode(profile: Profile, node: { site: string; class?: string }): Result {
  const effective = resolveNode(profile, { ...node, slot: 1 })
  return { text: renderEffective(effective, profile), json: effectiveRecord(effective, profile) }
}

async function viewService(profile: Profile, name: string): Promise<Result> {
  const ends = await describeService(profile, name)
  return { text: renderServiceEnds(ends), json: ends }
}

function viewFlows(profile: Profile): Result {
  const flows = listFlows(profile)
  return { text: renderFlows(flows), json: { flows } }
}
