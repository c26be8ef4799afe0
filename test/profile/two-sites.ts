/** A centre with both families, all kinds of links, two hubs and two sites, for the tests of what follows from it. */
export const twoSites = {
  'centre.yaml': `centre: example
domain: farm.example.org
server:
  urls: [https://join.example.org, "https://[2001:db8::10]:8443"]
  database: postgres://dynfarm@db.example.org/dynfarm
nodes: [10.200.0.0/16, "fd5a:1:2::/64"]
hubs:
  hub1: { public: [203.0.113.10, "2001:db8::10"], inner: [10.200.0.1, "fd5a:1:2::1"], local: [192.0.2.10, "2001:db8:1::10"] }
  hub2: { public: 203.0.113.11, inner: [10.200.0.2, "fd5a:1:2::2"], local: 192.0.2.11 }
tunnels:
  wg1: { kind: wireguard, hub: hub1, port: 51820 }
  wg2: { kind: wireguard, hub: hub2, port: 51820 }
  tcp: { kind: openvpn, hub: hub1, proto: tcp, port: 443, public: 203.0.113.12 }
services:
  ce: { address: 192.0.2.22, names: [ce01.example.org, ce.example.org], from-nodes: [tcp/9618, icmp], to-nodes: [tcp/1024-65535] }
  disk: { address: [192.0.2.31, "2001:db8:1::31"], names: [disk.example.org], link: vxlan, hubs: [hub1], from-nodes: [tcp/1094], to-nodes: [] }
  cups: { address: "2001:db8:1::40", link: routed, hubs: [hub1], from-nodes: [tcp/631, icmp], to-nodes: [] }
  mon: { address: 192.0.2.10, names: [mon.example.org], link: local, hubs: [hub1], from-nodes: [tcp/9090-9099], to-nodes: any }
admins:
  bert: { key: keys/bert.pub }
  anna: { key: keys/anna.pub }
defaults:
  hosts: { 10.1.2.9: [squid.example.org] }
  files:
    - { path: /etc/motd, content: "welcome to {{node.fqdn}}\\n" }
    - { path: /etc/issue, content: "issue\\n" }
  checks:
    - { name: ce answers, run: [nc, -z, "{{service.ce.name}}", "9618"] }
  labels: { kind: remote }
`,
  'sites/aruba.yaml': `site: aruba
nodes: ["fd5a:1:2::1:0/112", 10.200.1.0/24]
limits: { nodes: 3 }
match: { source: [198.51.100.0/24, "2001:db8:2::/48"] }
tunnels: [[wg1, wg2], tcp]
services: [ce, disk]
hostname: set
hosts:
  10.1.2.3: [squid.example.org, squid]
  10.1.2.4: [aruba-1, aruba-2.farm.example.org, cache]
files:
  - path: /etc/profile.d/farm.sh
    mode: "0644"
    content: |
      export NODE={{node.name}} ADDRESS={{node.address}}/{{node.address6}}
      export IMAGE={{fact.image}}
  - { path: /etc/munge/munge.key, source: files/munge.key, owner: munge, mode: "0400", secret: true, template: false }
commands:
  - name: start the batch daemon
    run: [systemctl, start, lsfd]
    undo: [echo, "{{node.name}} ends"]
    unless: [test, "{{service.cups.name}}", =, "{{fact.os}}"]
classes:
  cache:
    services: [mon]
    files:
      - { path: /etc/issue, absent: true }
      - { path: /etc/motd, content: "a cache of {{site.name}}, class {{node.class}}\\n" }
      - { path: /opt/blob, source: files/blob, template: false }
    commands:
      - { name: start the batch daemon, run: [echo, "{{node.slot}}", "{{fact.hostname}}"] }
relay: { network: 10.1.0.0/16 }
`,
  'sites/hpc.yaml': `site: hpc
nodes: 10.200.2.0/24
limits: { nodes: 2 }
tunnels: [tcp]
services: [cups]
proxy: http://10.9.9.9:3128
jobs: 10.200.64.0/29
`,
  'files/munge.key': '{{not a template}}',
  'files/blob': Uint8Array.of(0xff, 0xfe, 0x7b, 0x7b),
  'keys/anna.pub': 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAnna anna@example.org\n',
  'keys/bert.pub': 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBert bert@example.org\n',
} as const
