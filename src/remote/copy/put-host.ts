import type { Outcome } from '../outcome.ts'
import type { Blocks } from './blocks.ts'
import type { Far, Step } from './far.ts'
import { type Entry, largeFrom, type Source } from './manifest.ts'
import { baseOf, type Name, shown } from './names.ts'
import { type Placed, type PutPlan, pathIn, planPut, targetOf } from './plan-put.ts'
import type { PutJob, PutTally, Way } from './put-job.ts'
import { aloneStep, attributesStep, surveyStep, treeStep } from './put-steps.ts'
import { type Obstacle, parseSurvey, renderQuestions, type Survey } from './survey.ts'

export function jobOf(sources: readonly Source[], given: string, blocks: Blocks): PutJob {
  const needsFolder = sources.length > 1 || given.endsWith('/')
  const questions = renderQuestions(sources, largeFrom)
  return { target: targetOf(given), needsFolder, questions, blocks }
}

/** All of it to one node. It counts as begun when something is about to be changed there. */
export async function putOnHost(far: Far, job: PutJob, tally: PutTally): Promise<Outcome> {
  const surveyed = await surveyHost(far, job)
  if ('class' in surveyed) return surveyed
  const { plan, top } = surveyed
  tally.onPlan(plan)
  return carryOut(far, plan, { top, blocks: job.blocks, tally })
}

/** What one node lacks, where it is to be, and all the files that it is to have. */
export interface Surveyed {
  plan: PutPlan
  top: string
  files: readonly Placed[]
}

export async function surveyHost(far: Far, job: PutJob): Promise<Surveyed | Outcome> {
  const { outcome, stdout } = await far.run(surveyStep(job))
  if (outcome.class !== 'ok') return { ...outcome, started: false }
  const pathOf = pathIn(job.target)
  const survey = parseSurvey(stdout, { questions: job.questions, pathOf })
  if (survey === undefined) return failed(outcome, 'its answer is not understood')
  const obstacle = obstacleIn(job, survey)
  if (obstacle !== undefined) return failed(outcome, obstacle)
  const files = [...job.questions.asked.values()]
    .filter(({ entry }) => entry.type === 'file')
    .map((place) => ({ entry: place.entry, path: pathOf(place, survey.into) }))
  return {
    plan: planPut(job.questions, survey, pathOf),
    top: survey.into ? job.target.path : job.target.above,
    files,
  }
}

function obstacleIn({ questions, target }: PutJob, survey: Survey): string | undefined {
  for (const place of questions.asked.values()) {
    const obstacle = survey.inTheWay.get(place.entry)
    if (obstacle === undefined) continue
    const path = pathIn(target)(place, survey.into).slice('./'.length)
    return `"${shown(path)}" ${whatIs(obstacle, place.entry)}`
  }
  return undefined
}

function whatIs(obstacle: Obstacle, { type }: Entry): string {
  if (obstacle === 'device') return 'is a device, pipe or socket there'
  return type === 'folder' ? 'is there and no folder' : 'is a folder there'
}

export async function carryOut(far: Far, plan: PutPlan, way: Way): Promise<Outcome> {
  if (plan.tree.length > 0) {
    const outcome = await runStep(far, treeStep(plan.tree, way))
    if (outcome.class !== 'ok') return outcome
    way.tally.onPlaced(plan.tree.filter(({ entry }) => entry.type === 'file').length)
  }
  for (const placed of plan.alone) {
    const outcome = await putAlone(far, placed, way)
    if (outcome.class !== 'ok') return named(outcome, placed.path)
    way.tally.onPlaced(1)
  }
  if (plan.attributes.length === 0) return done
  return runStep(far, attributesStep(plan.attributes, way))
}

const done: Outcome = { class: 'ok', phase: 'exit', started: true, exit: 0 }

/** What came before may be of a file that broke: then all of it goes again. */
async function putAlone(far: Far, placed: PutPlan['alone'][number], way: Way): Promise<Outcome> {
  const outcome = await runStep(far, aloneStep(placed, way))
  const isOther = outcome.class === 'failed' && outcome.exit === otherHash
  if (!isOther || placed.offset === 0) return outcome
  return runStep(far, aloneStep({ ...placed, offset: 0 }, way))
}

/** By which the far side's scripts say that a hash is another one. */
const otherHash = 5

/** From the first of these on it counts as begun, also when a later one was stopped before it started. */
async function runStep(far: Far, step: Step): Promise<Outcome> {
  const { outcome } = await far.run(step)
  const hostClass = outcome.class === 'skipped' ? 'killed' : outcome.class
  return { ...outcome, class: hostClass, started: true }
}

function named(outcome: Outcome, path: Name): Outcome {
  const { reason } = outcome
  if (reason === undefined || reason.includes(shown(baseOf(path)))) return outcome
  return { ...outcome, reason: `"${shown(path.slice('./'.length))}": ${reason}` }
}

function failed(outcome: Outcome, reason: string): Outcome {
  const { exit: _, ...rest } = outcome
  return { ...rest, class: 'failed', started: false, reason }
}
