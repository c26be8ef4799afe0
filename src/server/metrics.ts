import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What is counted while requests are answered, and what the store said when it was asked last. */
export interface Metrics {
  /** All of them, in the text format of Prometheus. */
  render(): Promise<string>
  readonly contentType: string
  request(done: { endpoint: string; status: number; seconds: number }): void
  refused(code: string): void
  connectionRefused(reason: string): void
  join(done: { outcome: string; site: string }): void
  /** Replaces what the store said before; undefined when it does not answer. */
  figures(figures: Figures | undefined): void
}

/** What the store knows that is worth watching, as labelled values. */
export interface Figures {
  readonly nodes: readonly Figure[]
  readonly slots: readonly Figure[]
  readonly tokens: readonly Figure[]
  readonly behind: readonly Figure[]
  readonly silence: readonly Figure[]
  readonly links: readonly Figure[]
  readonly tunnels: readonly Figure[]
  readonly held: readonly Figure[]
  readonly limits: readonly Figure[]
  readonly peaks: readonly Figure[]
  readonly averages: readonly Figure[]
  readonly dropped: readonly Figure[]
  readonly hubHeld: readonly Figure[]
  readonly hubLimits: readonly Figure[]
  readonly hubPeaks: readonly Figure[]
  readonly hubAverages: readonly Figure[]
  readonly hubDropped: readonly Figure[]
}

export interface Figure {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export function makeMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'dynfarm_request_duration_seconds',
    help: 'Time to answer a request.',
    labelNames: ['endpoint', 'status'] as const,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5, 30],
    registers: [registry],
  })
  const joins = counter(registry, {
    name: 'dynfarm_joins_total',
    help: 'Requests to join, by what became of them.',
    labels: ['outcome', 'site'],
  })
  const refusals = counter(registry, {
    name: 'dynfarm_refusals_total',
    help: 'Requests that were refused, by the code of the answer.',
    labels: ['code'],
  })
  const connections = counter(registry, {
    name: 'dynfarm_connections_refused_total',
    help: 'Connections ended before their first request.',
    labels: ['reason'],
  })
  return {
    render: () => registry.metrics(),
    contentType: registry.contentType,
    request: ({ endpoint, status, seconds }) =>
      requests.observe({ endpoint, status: String(status) }, seconds),
    refused: (code) => refusals.inc({ code }),
    connectionRefused: (reason) => connections.inc({ reason }),
    join: (labels) => joins.inc(labels),
    figures: storeGauges(registry),
  }
}

interface Named {
  name: string
  help: string
  labels?: string[]
}

function counter(registry: Registry, { name, help, labels = [] }: Named): Counter {
  return new Counter({ name, help, labelNames: labels, registers: [registry] })
}

function gauge(registry: Registry, { name, help, labels = [] }: Named): Gauge {
  return new Gauge({ name, help, labelNames: labels, registers: [registry] })
}

function storeGauges(registry: Registry): Metrics['figures'] {
  const up = gauge(registry, { name: 'dynfarm_store_up', help: 'Whether the store answers.' })
  const gauges = {
    nodes: gauge(registry, {
      name: 'dynfarm_nodes',
      help: 'Nodes and jobs that hold a slot or wait for one.',
      labels: ['site', 'role', 'state'],
    }),
    slots: gauge(registry, {
      name: 'dynfarm_slots',
      help: 'Slots of a site: taken, resting after their last machine, and free.',
      labels: ['site', 'role', 'state'],
    }),
    tokens: gauge(registry, {
      name: 'dynfarm_tokens',
      help: 'Tokens, by what they are good for.',
      labels: ['state'],
    }),
    behind: gauge(registry, {
      name: 'dynfarm_feed_behind_generations',
      help: 'How far the newest change is ahead of what a hub has put in force.',
      labels: ['role', 'host'],
    }),
    tunnels: gauge(registry, {
      name: 'dynfarm_tunnels',
      help: 'Nodes by the tunnel that a hub saw them on last.',
      labels: ['hub', 'rung', 'state'],
    }),
    links: gauge(registry, {
      name: 'dynfarm_link_up',
      help: 'Whether the far end of a link answers.',
      labels: ['role', 'host', 'peer'],
    }),
    held: gauge(registry, {
      name: 'dynfarm_site_held_back',
      help: 'Whether a hub holds back the nodes of a site, because its limits do not stand.',
      labels: ['hub', 'site'],
    }),
    limits: gauge(registry, {
      name: 'dynfarm_site_limit_bits_per_second',
      help: 'The limit of a site at a hub; rx is towards its nodes.',
      labels: ['hub', 'site', 'direction'],
    }),
    peaks: gauge(registry, {
      name: 'dynfarm_site_peak_bits_per_second',
      help: 'The fullest five seconds of the last five minutes, of a site with a limit.',
      labels: ['hub', 'site', 'direction'],
    }),
    averages: gauge(registry, {
      name: 'dynfarm_site_average_bits_per_second',
      help: 'The average of the last five minutes, of a site with a limit.',
      labels: ['hub', 'site', 'direction'],
    }),
    dropped: gauge(registry, {
      name: 'dynfarm_site_dropped_packets',
      help: 'Packets that a limit dropped in the last five minutes.',
      labels: ['hub', 'site', 'direction'],
    }),
    hubHeld: gauge(registry, {
      name: 'dynfarm_hub_held_back',
      help: 'Whether a hub holds back all nodes, because its own limit does not stand.',
      labels: ['hub'],
    }),
    hubLimits: gauge(registry, {
      name: 'dynfarm_hub_limit_bits_per_second',
      help: 'The limit of a hub over all sites; rx is towards the nodes.',
      labels: ['hub', 'direction'],
    }),
    hubPeaks: gauge(registry, {
      name: 'dynfarm_hub_peak_bits_per_second',
      help: 'The fullest five seconds of the last five minutes, of a hub with a limit.',
      labels: ['hub', 'direction'],
    }),
    hubAverages: gauge(registry, {
      name: 'dynfarm_hub_average_bits_per_second',
      help: 'The average of the last five minutes, of a hub with a limit.',
      labels: ['hub', 'direction'],
    }),
    hubDropped: gauge(registry, {
      name: 'dynfarm_hub_dropped_packets',
      help: 'Packets that a hub with a limit dropped in the last five minutes.',
      labels: ['hub', 'direction'],
    }),
    silence: gauge(registry, {
      name: 'dynfarm_feed_acknowledged_age_seconds',
      help: 'Time since a hub acknowledged the feed.',
      labels: ['role', 'host'],
    }),
  }
  return (figures) => {
    up.set(figures === undefined ? 0 : 1)
    for (const name of Object.keys(gauges) as (keyof typeof gauges)[]) {
      gauges[name].reset()
      for (const { labels, value } of figures?.[name] ?? []) gauges[name].set(labels, value)
    }
  }
}
