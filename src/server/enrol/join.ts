import type { AnswerOf } from '../../protocol/endpoints.ts'
import type { Call } from '../call.ts'
import { waitForHubs } from '../hubs/wait.ts'
import { Refusal } from '../refusal.ts'
import type { Server } from '../server.ts'
import { hostAnswer, nodeAnswer } from './answer.ts'
import { type Applicant, readApplicant } from './applicant.ts'
import { joinBySource } from './by-source.ts'
import { admitToken, joinByToken } from './by-token.ts'
import { makeCertificate } from './certificate.ts'
import type { Enrolled, EnrolledHost, Pending } from './enrolled.ts'
import { joinHost, rejoinHost } from './hosts.ts'
import { rejoin } from './rejoin.ts'
import type { Surroundings } from './surroundings.ts'

type Answer = AnswerOf<'join'>

/** What every machine asks first: become a node or a host of the centre, or come back as the one it is. */
export async function join(call: Call<'join'>, server: Server): Promise<Answer> {
  try {
    const { answer, outcome, site } = await answerJoin(call, server)
    server.metrics.join({ outcome, site })
    return answer
  } catch (error) {
    const outcome = error instanceof Refusal ? error.code : 'failed'
    server.metrics.join({ outcome, site: '' })
    throw error
  }
}

interface Answered {
  readonly answer: Answer
  readonly outcome: string
  readonly site: string
}

async function answerJoin(call: Call<'join'>, server: Server): Promise<Answered> {
  const applicant = readApplicant(call, server)
  const { caller, signal } = call
  switch (caller.kind) {
    case 'node':
    case 'job':
      return welcome(await rejoin(caller, applicant, server), { applicant, server, signal })
    case 'hub':
    case 'service':
      return welcomeHost(await rejoinHost(caller, applicant, server), 'rejoined', server)
    default:
      return answerStranger(applicant, { server, signal })
  }
}

interface Asked {
  readonly server: Server
  readonly signal: AbortSignal
}

async function answerStranger(applicant: Applicant, asked: Asked): Promise<Answered> {
  const { server } = asked
  if (applicant.request.token === undefined)
    return welcome(await joinBySource(applicant, server), { applicant, ...asked })
  const admission = await admitToken(applicant, server)
  if (admission.token.role === 'hub' || admission.token.role === 'service')
    return welcomeHost(await joinHost(admission, applicant, server), 'joined', server)
  const enrolled = await joinByToken(admission, applicant, server)
  return welcome({ enrolled, around: admission.around }, { applicant, ...asked })
}

interface Admitted {
  readonly enrolled: Enrolled | Pending
  readonly around: Surroundings
}

/** The answer is signed after what it says is durable, and given when the hubs know the node. */
async function welcome(
  { enrolled, around }: Admitted,
  { applicant, server, signal }: Asked & { applicant: Applicant },
): Promise<Answered> {
  if ('pending' in enrolled) throw waits(enrolled)
  const { node, position, outcome } = enrolled
  const context = { keys: server.keys, profile: around.profile }
  const certificate = enrolled.pem ?? (await makeCertificate(holderOf(node), applicant, context))
  const answer = nodeAnswer(enrolled, { applicant, around, server, certificate })
  await waitForHubs(server, position, signal)
  return { answer, outcome, site: node.site }
}

function holderOf({ role, name, certificate, site }: Enrolled['node']) {
  if (name === null || certificate === null) throw new Error('a node that joined has no name')
  return { role, name, certificate, site }
}

function waits({ pending: { id, site } }: Pending): Refusal {
  return new Refusal('node-pending', `this machine waits for an administrator, as "${id}"`, {
    retryAfter: 60,
    audit: { subject: id, site },
  })
}

function welcomeHost(enrolled: EnrolledHost, outcome: string, server: Server): Answered {
  return { answer: hostAnswer(enrolled, server), outcome, site: '' }
}
