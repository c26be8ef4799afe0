import { Counter, Histogram, Registry } from 'prom-client'

/** What is counted while requests are answered; what the store knows is asked of it when metrics are read. */
export interface Metrics {
  readonly registry: Registry
  request(done: { endpoint: string; status: number; seconds: number }): void
  join(done: { outcome: string; site: string }): void
}

export function makeMetrics(): Metrics {
  const registry = new Registry()
  const requests = new Histogram({
    name: 'dynfarm_request_duration_seconds',
    help: 'Time to answer a request.',
    labelNames: ['endpoint', 'status'] as const,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5, 30],
    registers: [registry],
  })
  const joins = new Counter({
    name: 'dynfarm_joins_total',
    help: 'Requests to join, by what became of them.',
    labelNames: ['outcome', 'site'] as const,
    registers: [registry],
  })
  return {
    registry,
    request: ({ endpoint, status, seconds }) =>
      requests.observe({ endpoint, status: String(status) }, seconds),
    join: (labels) => joins.inc(labels),
  }
}
