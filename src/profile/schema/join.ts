import { line, timeout } from './vocabulary.ts'

const url = {
  type: 'string',
  format: 'https-url',
  examples: ['https://hub1.example.org:8443'],
} as const

/** /etc/dynfarm/join.yaml: how a machine finds its centre. */
export const joinSchema = {
  title: 'dynfarm: join.yaml',
  type: 'object',
  additionalProperties: false,
  properties: {
    servers: {
      type: 'array',
      items: url,
      minItems: 1,
      uniqueItems: true,
      description: 'Where the server is, in the order to be tried.',
    },
    proxy: {
      type: 'string',
      format: 'proxy',
      examples: ['http://10.1.2.3:3128'],
      description: 'An HTTP proxy between here and the server, and for tunnels over tcp.',
    },
    token: {
      type: 'string',
      description: 'What lets this machine join. It is taken out of this file once it was used.',
    },
    'token-file': {
      ...line,
      examples: ['/root/token'],
      description:
        'A file that has the token; from the folder of this file, unless it begins with /.',
    },
    pin: {
      type: 'string',
      pattern: '^[0-9a-f]{64}$',
      patternErrorMessage: 'a pin is a SHA-256 in hexadecimal, of 64 lower-case digits',
      description: "The hash of the server authority's public key, where no token has it.",
    },
    deadline: {
      ...timeout,
      default: '10m',
      description: 'How long a join tries again by itself.',
    },
  },
} as const
