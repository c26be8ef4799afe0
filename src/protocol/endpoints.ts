import type { FromSchema, JSONSchema } from 'json-schema-to-ts'
import { adminEndpoints } from './admin-endpoints.ts'
import { hosts, machines } from './callers.ts'
import type { Endpoint } from './endpoint.ts'
import { feed, feedQuery, hubReport, hubReportAnswer, hubSeed } from './schema/feed.ts'
import { joinAnswer, joinRequest, report, reportAnswer } from './schema/join.ts'
import { statement } from './schema/release.ts'
import { personName, platform, recordId, tokenId, version } from './schema/vocabulary.ts'
import { KiB, MiB } from './size.ts'

/** Every `{name}` in a path. */
export const pathParameters = {
  node: { ...recordId, noun: 'the name or the id of a node' },
  admin: personName,
  token: tokenId,
  version,
  platform,
} as const

const joinEndpoints = {
  join: {
    method: 'POST',
    path: '/v1/join',
    listener: 'join',
    callers: ['token', 'anyone', ...machines, ...hosts],
    summary: 'Become a node, or come back as the one it is',
    request: joinRequest,
    answer: joinAnswer,
    bodyLimit: 64 * KiB,
    answerLimit: 64 * MiB,
  },
  report: {
    method: 'POST',
    path: '/v1/nodes/self/report',
    listener: 'join',
    callers: machines,
    summary: 'Say how it went',
    request: report,
    answer: reportAnswer,
    bodyLimit: 64 * KiB,
    answerLimit: 64 * KiB,
  },
  leave: {
    method: 'DELETE',
    path: '/v1/nodes/self',
    listener: 'join',
    callers: machines,
    summary: 'Give up the slot',
    status: 204,
    bodyLimit: 0,
    answerLimit: 64 * KiB,
  },
  releaseStatement: {
    method: 'GET',
    path: '/v1/releases/{version}/{platform}/manifest',
    listener: 'join',
    callers: [...machines, ...hosts],
    summary: 'The signed manifest of a release',
    answer: statement,
    bodyLimit: 0,
    answerLimit: 64 * KiB,
  },
  releaseFile: {
    method: 'GET',
    path: '/v1/releases/{version}/{platform}',
    listener: 'join',
    callers: [...machines, ...hosts],
    summary: 'The executable; ranges are understood',
    answer: 'bytes',
    bodyLimit: 0,
    answerLimit: 512 * MiB,
  },
  feed: {
    method: 'GET',
    path: '/v1/hub/feed',
    listener: 'join',
    callers: hosts,
    summary: 'What changed since, held open until something does',
    query: feedQuery,
    answer: feed,
    bodyLimit: 0,
    answerLimit: 256 * MiB,
  },
  hubReport: {
    method: 'POST',
    path: '/v1/hub/report',
    listener: 'join',
    callers: hosts,
    summary: 'Acknowledge the feed, and tell the health of links and nodes',
    request: hubReport,
    answer: hubReportAnswer,
    bodyLimit: 32 * MiB,
    answerLimit: 64 * KiB,
  },
  hubSeed: {
    method: 'POST',
    path: '/v1/hub/seed',
    listener: 'join',
    callers: ['hub'],
    summary: 'Give a restored store what this hub knows',
    request: hubSeed,
    answer: hubReportAnswer,
    bodyLimit: 128 * MiB,
    answerLimit: 64 * KiB,
  },
} as const satisfies Record<string, Endpoint>

/** Every endpoint there is: the server's routes, the clients' calls and the OpenAPI document are made from it. */
export const endpoints = { ...joinEndpoints, ...adminEndpoints } as const

export type EndpointName = keyof typeof endpoints

type Part<Name extends EndpointName, Key extends string> =
  (typeof endpoints)[Name] extends Record<Key, infer S> ? TypeOf<S> : undefined

type TypeOf<S> = S extends 'bytes'
  ? Uint8Array
  : S extends 'text'
    ? string
    : S extends JSONSchema
      ? FromSchema<S>
      : never

export type RequestOf<Name extends EndpointName> = Part<Name, 'request'>
export type AnswerOf<Name extends EndpointName> = Part<Name, 'answer'>
export type QueryOf<Name extends EndpointName> = Part<Name, 'query'>
