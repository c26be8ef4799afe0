import { admins, operators, viewers } from './callers.ts'
import type { Endpoint } from './endpoint.ts'
import { done, health, siteList } from './schema/admin.ts'
import { adminCreate, adminCreated, adminList } from './schema/admins.ts'
import { auditCheck, auditList, auditQuery } from './schema/audit.ts'
import { node, nodeList, nodeQuery, nodeRevoke } from './schema/nodes.ts'
import { release, releaseAdd, releaseList } from './schema/release.ts'
import { inventoryAnswer, inventoryQuery, remoteRuns } from './schema/remote.ts'
import { tokenCreate, tokenCreated, tokenList, tokenRevoke } from './schema/tokens.ts'
import { KiB, MiB } from './size.ts'

const look = {
  method: 'GET',
  listener: 'admin',
  callers: viewers,
  bodyLimit: 0,
  answerLimit: 256 * MiB,
} as const
const operate = {
  method: 'POST',
  listener: 'admin',
  callers: operators,
  bodyLimit: 64 * KiB,
  answerLimit: 16 * MiB,
} as const
const administer = { ...operate, callers: admins } as const
const open = { ...look, callers: ['anyone'], answerLimit: 16 * MiB } as const

export const adminEndpoints = {
  tokenCreate: {
    ...operate,
    path: '/v1/tokens',
    summary: 'Make a token; the answer shows it once',
    request: tokenCreate,
    answer: tokenCreated,
    status: 201,
  },
  tokenList: {
    ...look,
    path: '/v1/tokens',
    summary: 'All tokens, without their secrets',
    answer: tokenList,
  },
  tokenRevoke: {
    ...operate,
    path: '/v1/tokens/{token}/revoke',
    summary: 'Let nobody in by it any more',
    request: tokenRevoke,
    answer: done,
  },
  tokenOpen: {
    ...administer,
    path: '/v1/tokens/{token}/open',
    summary: 'Let it be used again after the store was restored',
    answer: done,
  },
  nodeList: {
    ...look,
    path: '/v1/nodes',
    summary: 'All nodes, or those of a site or in a state',
    query: nodeQuery,
    answer: nodeList,
  },
  nodeShow: { ...look, path: '/v1/nodes/{node}', summary: 'All about one node', answer: node },
  nodeApprove: {
    ...operate,
    path: '/v1/nodes/{node}/approve',
    summary: 'Let in a machine that waits, or one that is in quarantine',
    answer: done,
  },
  nodeRevoke: {
    ...operate,
    path: '/v1/nodes/{node}/revoke',
    summary: 'Shut a node out',
    request: nodeRevoke,
    answer: done,
  },
  nodeForget: {
    ...operate,
    path: '/v1/nodes/{node}/forget',
    summary: 'Free the slot of a node that is gone',
    answer: done,
  },
  nodeRefresh: {
    ...operate,
    path: '/v1/nodes/{node}/refresh',
    summary: 'Have it join again at its next report',
    answer: done,
  },
  nodeAcceptKey: {
    ...operate,
    path: '/v1/nodes/{node}/accept-key',
    summary: 'Accept its changed ssh host keys',
    answer: done,
  },
  adminCreate: {
    ...administer,
    path: '/v1/admins',
    summary: 'Give a person a certificate',
    request: adminCreate,
    answer: adminCreated,
    status: 201,
  },
  adminList: { ...look, path: '/v1/admins', summary: 'All administrators', answer: adminList },
  adminRevoke: {
    ...administer,
    path: '/v1/admins/{admin}/revoke',
    summary: 'End what a person may do, also on open connections',
    answer: done,
  },
  releaseAdd: {
    ...administer,
    path: '/v1/releases',
    summary: 'Announce a signed release',
    request: releaseAdd,
    answer: release,
    status: 201,
  },
  releaseUpload: {
    ...administer,
    method: 'PUT',
    path: '/v1/releases/{version}/{platform}',
    summary: 'Store the executable of an announced release',
    request: 'bytes',
    answer: release,
    bodyLimit: 512 * MiB,
  },
  releaseList: { ...look, path: '/v1/releases', summary: 'All releases', answer: releaseList },
  audit: {
    ...look,
    path: '/v1/audit',
    summary: 'What happened, in order; `after` and `wait` follow it',
    query: auditQuery,
    answer: auditList,
  },
  auditCheck: {
    ...look,
    callers: admins,
    path: '/v1/audit/check',
    summary: 'Whether any line was changed or taken out since it was written',
    answer: auditCheck,
  },
  remoteInventory: {
    ...look,
    path: '/v1/remote/inventory',
    summary: 'The nodes as `dynfarm remote` goes to them, with their host keys, and the hubs',
    query: inventoryQuery,
    answer: inventoryAnswer,
  },
  remoteRuns: {
    ...operate,
    path: '/v1/remote/runs',
    summary: 'Record what was run on nodes; what is recorded already is passed over',
    request: remoteRuns,
    answer: done,
    bodyLimit: 2 * MiB,
  },
  siteList: {
    ...look,
    path: '/v1/sites',
    summary: 'All sites, and how full they are',
    answer: siteList,
  },
  reload: {
    ...administer,
    path: '/v1/reload',
    summary: 'Read the configuration again',
    answer: done,
  },
  healthz: { ...open, path: '/healthz', summary: 'Whether the server lives', answer: health },
  readyz: { ...open, path: '/readyz', summary: 'Whether it can let machines in', answer: health },
  metrics: { ...open, path: '/metrics', summary: 'For Prometheus', answer: 'text' },
  openapi: { ...open, path: '/openapi.json', summary: 'This document', answer: 'text' },
} as const satisfies Record<string, Endpoint>
