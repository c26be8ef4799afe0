import {
  argv,
  hostNames,
  labelText,
  line,
  mode,
  nodePath,
  owner,
  ownPath,
  personName,
  timeout,
} from './vocabulary.ts'

const file = {
  type: 'object',
  description: 'A file on the node. The same path in a later layer replaces it.',
  additionalProperties: false,
  required: ['path'],
  properties: {
    path: { ...nodePath, description: 'Where the file is on the node.' },
    content: { type: 'string', description: 'The text itself; templates are filled in.' },
    source: {
      ...ownPath,
      description: 'A file of the configuration folder that holds the content.',
    },
    mode: {
      ...mode,
      description:
        'Octal, in quotes. Absent: as the file is; a new one gets 0644, a new secret 0600.',
    },
    owner: {
      ...owner,
      description: 'USER or USER:GROUP. Absent: as the file is, root for a new one.',
    },
    secret: {
      type: 'boolean',
      default: false,
      description: 'Never show the content, and send it only to the nodes that get the file.',
    },
    template: {
      type: 'boolean',
      default: true,
      description: 'false: take the content as it is, "{{" and all.',
    },
    absent: {
      type: 'boolean',
      default: false,
      description: 'true: drop the file that an earlier layer gives.',
    },
  },
} as const

const command = {
  type: 'object',
  description:
    'A command that runs on the node at join. The same name in a later layer replaces it.',
  additionalProperties: false,
  required: ['name', 'run'],
  properties: {
    name: { ...line, description: 'What it does, for logs and reports.' },
    run: { ...argv, description: 'The program and its arguments.' },
    undo: { ...argv, description: 'What takes it back; without it the command is not undone.' },
    unless: { ...argv, description: 'Nothing to do when this succeeds.' },
    creates: { ...nodePath, description: 'Nothing to do when this path exists.' },
    timeout: {
      ...timeout,
      default: '60s',
      description: 'When it is stopped and counts as failed.',
    },
  },
} as const

const check = {
  type: 'object',
  description: 'A command that must succeed before the node is ready.',
  additionalProperties: false,
  required: ['name', 'run'],
  properties: {
    name: { ...line, description: 'What it proves, for logs and reports.' },
    run: { ...argv, description: 'The program and its arguments.' },
    timeout: {
      ...timeout,
      default: '60s',
      description: 'When it is stopped and counts as failed.',
    },
  },
} as const

/** What every layer may say: the centre's defaults, a site, a class of a site. */
export const customisation = {
  hostname: {
    enum: ['set', 'keep'],
    description: "Give the machine its node's name, or leave its own. Without any word: keep.",
  },
  hosts: {
    type: 'object',
    description: 'Lines for /etc/hosts: address to names.',
    propertyNames: { format: 'address' },
    additionalProperties: hostNames,
  },
  files: { type: 'array', items: file, description: 'Files on the node, by path.' },
  commands: {
    type: 'array',
    items: command,
    description: 'Commands at join, in this order, after the files.',
  },
  checks: { type: 'array', items: check, description: 'What must pass before the node is ready.' },
  labels: {
    type: 'object',
    description: 'Labels of the nodes, for `dynfarm remote -w @label=value`.',
    propertyNames: personName,
    additionalProperties: labelText,
  },
} as const

export const customisationSchema = {
  type: 'object',
  additionalProperties: false,
  properties: customisation,
} as const
