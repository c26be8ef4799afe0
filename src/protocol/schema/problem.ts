import { count, hostileLine, orNull, time, tolerant } from './vocabulary.ts'

/** RFC 9457, `application/problem+json`: the answer to everything that is refused. */
export const problem = {
  title: 'Problem',
  ...tolerant,
  required: ['type', 'title', 'status', 'code', 'time'],
  properties: {
    type: { type: 'string', pattern: '^urn:dynfarm:[a-z0-9-]+$', maxLength: 100 },
    code: {
      type: 'string',
      pattern: '^[a-z][a-z0-9-]*$',
      maxLength: 64,
      description: 'Stable; docs/errors.md explains each.',
    },
    title: hostileLine,
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { ...hostileLine, maxLength: 1000 },
    path: { ...hostileLine, description: 'JSON pointer to what is wrong in the request.' },
    problems: {
      type: 'array',
      items: { ...hostileLine, maxLength: 1000 },
      maxItems: 1000,
      description: 'All that is wrong with a configuration.',
    },
    retryAfter: orNull({ ...count, description: 'Seconds.' }),
    time: { ...time, description: "The server's clock, for who must doubt its own." },
  },
} as const
