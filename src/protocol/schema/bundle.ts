import { wayPattern } from '../way.ts'
import { certificate, personName, sha256, tolerant } from './vocabulary.ts'

/** The file by which an administrator works from elsewhere. Whoever has it may do what they may. */
export const adminBundle = {
  title: 'AdminBundle',
  ...tolerant,
  required: ['centre', 'name', 'urls', 'pins', 'certificate', 'key'],
  properties: {
    centre: { ...personName, noun: 'the name of a centre' },
    name: personName,
    urls: {
      type: 'array',
      items: {
        type: 'string',
        pattern: '^https://[^\\p{C}\\s/?#@]+$',
        maxLength: 300,
        noun: 'of the form https://hub1.example.org:8444',
      },
      minItems: 1,
      maxItems: 16,
      description: 'Of the admin listener.',
    },
    pins: { type: 'array', items: sha256, minItems: 1, maxItems: 8 },
    certificate,
    key: {
      type: 'string',
      pattern: '^-----BEGIN PRIVATE KEY-----\\n[A-Za-z0-9+/=\\n]+\\n-----END PRIVATE KEY-----\\n$',
      maxLength: 1024,
      noun: 'a private key in PEM',
    },
    via: {
      type: 'string',
      pattern: wayPattern,
      maxLength: 300,
      noun: 'a way like [USER@]HUB[:PORT]',
      description: 'The hub through which nodes are reached from elsewhere.',
    },
  },
} as const
