import { quoteWord } from '../plan/text.ts'

/** The texts of a fresh centre. They must pass `dynfarm check` as they are. */

export interface CentreNames {
  centre: string
  /** The first three groups of a unique local IPv6 network: `fd12:3456:789a`. */
  ula: string
}

export function centreText({ centre, ula }: CentreNames): string {
  return `# yaml-language-server: $schema=schema/centre.schema.json
# The centre: what all sites share. After every change: dynfarm check
# The addresses and names below are examples; put your own in their place.
centre: ${centre}
domain: farm.example.org                   # machines are called SITE-N.DOMAIN

server:
  urls: [https://hub1.example.org:8443]    # what machines dial when they join
  listen: "[::]:8443"
  admin: "127.0.0.1:8444"                  # for administrators on this host only
  database: sqlite

# The machines' addresses inside the tunnels: a network that is used nowhere else, neither here
# nor at the sites. For IPv6 as well, take the second line instead of the first, here and wherever
# there are two.
nodes: 10.200.0.0/16
# nodes: [10.200.0.0/16, "${ula}::/64"]

hubs:
  hub1:
    public: 203.0.113.10                   # where the sites reach it
    inner: 10.200.0.1                      # its address inside the tunnels
    # inner: [10.200.0.1, "${ula}::1"]
    local: 192.0.2.10                      # its address at the centre: links to services begin here

tunnels:
  wg: { kind: wireguard, hub: hub1, port: 51820 }
  tcp: { kind: openvpn, hub: hub1, proto: tcp, port: 443 }

services:                                  # the hosts at the centre that machines may reach: no others
  batch:
    address: 192.0.2.21
    names: [batch.example.org]
    link: gre
    from-nodes: [tcp/9618, icmp]           # what machines may open towards it
    to-nodes: [tcp/1024-65535]             # what it may open towards machines

# Who may log in as root on the machines, and from the hubs only:
# admins:
#   anna: { key: keys/anna.pub }
admins: {}
`
}

export function siteText({ ula }: CentreNames): string {
  return `# yaml-language-server: $schema=../schema/site.schema.json
# A site: one place that machines come from. One file a site, with the site's name.
site: cloud
nodes: 10.200.1.0/24                       # machine N has the N-th address
# nodes: [10.200.1.0/24, "${ula}::1:0/112"]
limits: { nodes: 100 }
tunnels: [wg, tcp]                         # tried in this order until one carries traffic
services: [batch]

# What a machine gets when it joins; schema/site.schema.json has all there is:
# files:
#   - path: /etc/profile.d/farm.sh
#     content: |
#       export FARM_NODE={{node.name}}
# commands:
#   - { name: start the batch daemon, run: [systemctl, start, condor] }
# checks:
#   - { name: the batch master answers, run: [ping, -c1, batch.example.org] }
`
}

export const gitignoreText = `# Secrets: never in a repository. Keep a backup of them elsewhere.
/keys/*.key
/keys/links.secret
`

/** What an administrator does with a fresh centre, in this order. */
export function nextSteps(dir: string): string[] {
  const config = dir === '/etc/dynfarm' ? '' : ` --config ${quoteWord(dir)}`
  return [
    'edit centre.yaml and sites/cloud.yaml: their names and addresses are examples',
    'copy the public ssh key of each administrator to keys/NAME.pub and list it under "admins"',
    `dynfarm check ${quoteWord(dir)}`,
    `dynfarm check ${quoteWord(dir)} --flows    (what to ask of the firewall)`,
    'move keys/release.key to a safe place off this host: only "dynfarm release add" needs it',
    'make a backup of the folder keys: without it every machine must join anew',
    `dynfarm serve${config}    (on the server)`,
    `dynfarm token create${config} --role hub --name hub1    (then, on the hub: dynfarm join)`,
    `dynfarm token create${config} --site cloud    (then, on a machine: dynfarm join)`,
  ]
}
