import { describe, expect, it } from 'vitest'
import { plainConfig } from '../../src/profile/effective.ts'
import { effectiveRecord, renderEffective } from '../../src/profile/render.ts'
import { resolveNode } from '../../src/profile/resolve.ts'
import { loadTexts } from './load-texts.ts'
import { twoSites } from './two-sites.ts'

describe('the effective configuration', async () => {
  const profile = await loadTexts(twoSites)
  const render = (wanted: Parameters<typeof resolveNode>[1]) =>
    `\n${renderEffective(resolveNode(profile, wanted), profile)}`

  it('of a node of a site', () => {
    expect(render({ site: 'aruba', slot: 1 })).toMatchInlineSnapshot(`
      "
      centre:                                  # from centre.yaml:1
        name: example
        domain: farm.example.org
        nodes: [10.200.0.0/16, fd5a:1:2::/64]
      node:                                    # from sites/aruba.yaml:2
        name: aruba-1
        fqdn: aruba-1.farm.example.org
        site: aruba
        slot: 1
        addresses: [10.200.1.1, fd5a:1:2::1:1]
      site:                                    # from sites/aruba.yaml:2
        nodes: [fd5a:1:2::1:0/112, 10.200.1.0/24]
        node-to-node: false
      tunnels:
        - - name: wg1                          # from sites/aruba.yaml:5
            kind: wireguard
            proto: udp
            hub: hub1
            addresses: [203.0.113.10, "2001:db8::10"]
            port: 51820
          - name: wg2
            kind: wireguard
            proto: udp
            hub: hub2
            addresses: [203.0.113.11]
            port: 51820
        - - name: tcp                          # from sites/aruba.yaml:5
            kind: openvpn
            proto: tcp
            hub: hub1
            addresses: [203.0.113.12]
            port: 443
      try: 10s                                 # default
      hubs:
        - name: hub1                           # from centre.yaml:8
          inner: [10.200.0.1, fd5a:1:2::1]
        - name: hub2                           # from centre.yaml:9
          inner: [10.200.0.2, fd5a:1:2::2]
      services:
        - name: ce                             # from centre.yaml:15
          addresses: [192.0.2.22]
          names: [ce01.example.org, ce.example.org]
          from-nodes: [tcp/9618, icmp]
          to-nodes: [tcp/1024-65535]
        - name: disk                           # from centre.yaml:16
          addresses: [192.0.2.31, "2001:db8:1::31"]
          names: [disk.example.org]
          from-nodes: [tcp/1094]
          to-nodes: []
      hosts:
        - address: 10.200.1.1                  # from sites/aruba.yaml:2
          names: [aruba-1.farm.example.org, aruba-1]
        - address: fd5a:1:2::1:1               # from sites/aruba.yaml:2
          names: [aruba-1.farm.example.org, aruba-1]
        - address: 10.1.2.3                    # from sites/aruba.yaml:9
          names: [squid.example.org, squid]
        - address: 10.1.2.4                    # from sites/aruba.yaml:10
          names: [aruba-2.farm.example.org, cache]
        - address: 192.0.2.22                  # from centre.yaml:15
          names: [ce01.example.org, ce.example.org]
        - address: 192.0.2.31                  # from centre.yaml:16
          names: [disk.example.org]
        - address: "2001:db8:1::31"            # from centre.yaml:16
          names: [disk.example.org]
      hostname: set                            # from sites/aruba.yaml:7
      files:
        - path: /etc/motd                      # from centre.yaml:25
          content: |
            welcome to aruba-1.farm.example.org
        - path: /etc/issue                     # from centre.yaml:26
          content: |
            issue
        - path: /etc/profile.d/farm.sh         # from sites/aruba.yaml:12
          mode: "0644"
          content: |
            export NODE=aruba-1 ADDRESS=10.200.1.1/fd5a:1:2::1:1
            export IMAGE={{fact.image}}
        - path: /etc/munge/munge.key           # from sites/aruba.yaml:17
          owner: munge
          mode: "0400"
          secret: true
          content: "<redacted 18 bytes>"
      commands:
        - name: start the batch daemon         # from sites/aruba.yaml:19
          run: [systemctl, start, lsfd]
          undo: [echo, aruba-1 ends]
          unless: [test, "2001:db8:1::40", "=", "{{fact.os}}"]
          timeout: 60s
      checks:
        - name: ce answers                     # from centre.yaml:28
          run: [nc, -z, ce01.example.org, "9618"]
          timeout: 60s
      labels:
        - name: kind                           # from centre.yaml:29
          value: remote
      admins:
        - name: anna                           # from centre.yaml:21
          key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAnna anna@example.org
        - name: bert                           # from centre.yaml:20
          key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBert bert@example.org
      release:                                 # default
        version: latest
        update: self
      relay:                                   # from sites/aruba.yaml:32
        network: 10.1.0.0/16
        port: 7788
      "
    `)
  })

  it('of a node of a class, in another slot', () => {
    expect(render({ site: 'aruba', class: 'cache', slot: 2 })).toMatchInlineSnapshot(`
      "
      centre:                                  # from centre.yaml:1
        name: example
        domain: farm.example.org
        nodes: [10.200.0.0/16, fd5a:1:2::/64]
      node:                                    # from sites/aruba.yaml:2
        name: aruba-2
        fqdn: aruba-2.farm.example.org
        site: aruba
        slot: 2
        addresses: [10.200.1.2, fd5a:1:2::1:2]
        class: cache
      site:                                    # from sites/aruba.yaml:2
        nodes: [fd5a:1:2::1:0/112, 10.200.1.0/24]
        node-to-node: false
      tunnels:
        - - name: wg2                          # from sites/aruba.yaml:5
            kind: wireguard
            proto: udp
            hub: hub2
            addresses: [203.0.113.11]
            port: 51820
          - name: wg1
            kind: wireguard
            proto: udp
            hub: hub1
            addresses: [203.0.113.10, "2001:db8::10"]
            port: 51820
        - - name: tcp                          # from sites/aruba.yaml:5
            kind: openvpn
            proto: tcp
            hub: hub1
            addresses: [203.0.113.12]
            port: 443
      try: 10s                                 # default
      hubs:
        - name: hub1                           # from centre.yaml:8
          inner: [10.200.0.1, fd5a:1:2::1]
        - name: hub2                           # from centre.yaml:9
          inner: [10.200.0.2, fd5a:1:2::2]
      services:
        - name: mon                            # from centre.yaml:18
          addresses: [192.0.2.10]
          names: [mon.example.org]
          from-nodes: [tcp/9090-9099]
          to-nodes: any
      hosts:
        - address: 10.200.1.2                  # from sites/aruba.yaml:2
          names: [aruba-2.farm.example.org, aruba-2]
        - address: fd5a:1:2::1:2               # from sites/aruba.yaml:2
          names: [aruba-2.farm.example.org, aruba-2]
        - address: 10.1.2.3                    # from sites/aruba.yaml:9
          names: [squid.example.org, squid]
        - address: 10.1.2.4                    # from sites/aruba.yaml:10
          names: [aruba-1, cache]
        - address: 192.0.2.10                  # from centre.yaml:18
          names: [mon.example.org]
      hostname: set                            # from sites/aruba.yaml:7
      files:
        - path: /etc/motd                      # from sites/aruba.yaml:28
          content: |
            a cache of aruba, class cache
        - path: /etc/profile.d/farm.sh         # from sites/aruba.yaml:12
          mode: "0644"
          content: |
            export NODE=aruba-2 ADDRESS=10.200.1.2/fd5a:1:2::1:2
            export IMAGE={{fact.image}}
        - path: /etc/munge/munge.key           # from sites/aruba.yaml:17
          owner: munge
          mode: "0400"
          secret: true
          content: "<redacted 18 bytes>"
        - path: /opt/blob                      # from sites/aruba.yaml:29
          content: "<4 bytes that are not text>"
      commands:
        - name: start the batch daemon         # from sites/aruba.yaml:31
          run: [echo, "2", "{{fact.hostname}}"]
          timeout: 60s
      checks:
        - name: ce answers                     # from centre.yaml:28
          run: [nc, -z, ce01.example.org, "9618"]
          timeout: 60s
      labels:
        - name: kind                           # from centre.yaml:29
          value: remote
      admins:
        - name: anna                           # from centre.yaml:21
          key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAnna anna@example.org
        - name: bert                           # from centre.yaml:20
          key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBert bert@example.org
      release:                                 # default
        version: latest
        update: self
      relay:                                   # from sites/aruba.yaml:32
        network: 10.1.0.0/16
        port: 7788
      "
    `)
  })

  it('of a job, which gets the tunnel, the names, and nothing that takes root', () => {
    expect(render({ site: 'hpc', slot: 6, kind: 'job' })).toMatchInlineSnapshot(`
      "
      centre:                                  # from centre.yaml:1
        name: example
        domain: farm.example.org
        nodes: [10.200.0.0/16, fd5a:1:2::/64]
      node:                                    # from sites/hpc.yaml:7
        name: hpc-job-6
        fqdn: hpc-job-6.farm.example.org
        site: hpc
        slot: 6
        addresses: [10.200.64.6]
      site:                                    # from sites/hpc.yaml:2
        nodes: [10.200.2.0/24]
        node-to-node: false
      tunnels:
        - - name: tcp                          # from sites/hpc.yaml:4
            kind: openvpn
            proto: tcp
            hub: hub1
            addresses: [203.0.113.12]
            port: 443
      try: 10s                                 # default
      proxy: http://10.9.9.9:3128              # from sites/hpc.yaml:6
      hubs:
        - name: hub1                           # from centre.yaml:8
          inner: [10.200.0.1]
      services:
        - name: cups                           # from centre.yaml:17
          addresses: []
          names: []
          from-nodes: [tcp/631, icmp]
          to-nodes: []
      hosts:
        - address: 10.200.64.6                 # from sites/hpc.yaml:7
          names: [hpc-job-6.farm.example.org, hpc-job-6]
        - address: 10.1.2.9                    # from centre.yaml:23
          names: [squid.example.org]
      hostname: keep                           # default
      files: []
      commands: []
      checks: []
      labels: []
      admins: []
      release:                                 # default
        version: latest
        update: self
      "
    `)
  })

  it('has the facts of the machine in it', () => {
    const facts = { 'fact.image': 'ami-0abc', 'fact.hostname': 'ip-10-0-0-7' }
    const { files, commands } = plainConfig(
      resolveNode(profile, { site: 'aruba', class: 'cache', slot: 1, facts }),
    )
    expect(files.find((file) => file.path === '/etc/profile.d/farm.sh')?.content).toBe(
      'export NODE=aruba-1 ADDRESS=10.200.1.1/fd5a:1:2::1:1\nexport IMAGE=ami-0abc\n',
    )
    expect(commands[0]?.run).toEqual(['echo', '1', 'ip-10-0-0-7'])
  })

  it('keeps secrets and bytes as they are, and shows neither', () => {
    const effective = resolveNode(profile, { site: 'aruba', class: 'cache', slot: 1 })
    const contents = plainConfig(effective).files.map((file) => [file.path, file.content])
    expect(Object.fromEntries(contents)).toMatchObject({
      '/etc/munge/munge.key': '{{not a template}}',
      '/opt/blob': Buffer.of(0xff, 0xfe, 0x7b, 0x7b),
    })
    const shown = JSON.stringify(effectiveRecord(effective, profile))
    expect(shown).toContain('<redacted 18 bytes>')
    expect(shown).not.toContain('not a template')
  })

  it('has nothing of another site', () => {
    const sent = JSON.stringify(plainConfig(resolveNode(profile, { site: 'hpc', slot: 1 })))
    expect(sent).not.toMatch(/aruba|munge|10\.1\.2\.3|198\.51\.100|db\.example/)
  })

  it('spreads the nodes over the tunnels of a rung', () => {
    const first = [1, 2, 3].map((slot) => {
      const { tunnels } = plainConfig(resolveNode(profile, { site: 'aruba', slot }))
      return tunnels[0]?.map((tunnel) => tunnel.name)
    })
    expect(first).toEqual([
      ['wg1', 'wg2'],
      ['wg2', 'wg1'],
      ['wg1', 'wg2'],
    ])
  })

  it('is refused with the name that was meant', () => {
    expect(() => resolveNode(profile, { site: 'arubba', slot: 1 })).toThrow(
      expect.objectContaining({ hint: 'did you mean "aruba"?' }),
    )
    expect(() => resolveNode(profile, { site: 'aruba', class: 'cash', slot: 1 })).toThrow(
      expect.objectContaining({ hint: 'the classes are listed under "classes" of the site' }),
    )
  })

  it.each([
    [{ site: 'arubba', slot: 1 }, 'no site "arubba"'],
    [{ site: 'aruba', class: 'cash', slot: 1 }, 'no class "cash" in site "aruba"'],
    [{ site: 'aruba', class: 'constructor', slot: 1 }, 'no class "constructor" in site "aruba"'],
    [{ site: 'aruba', slot: 0 }, 'site "aruba" has 3 node slots, no "0"'],
    [{ site: 'aruba', slot: 4 }, 'site "aruba" has 3 node slots, no "4"'],
    [{ site: 'aruba', slot: 1.5 }, 'site "aruba" has 3 node slots, no "1.5"'],
    [{ site: 'aruba', slot: 1, kind: 'job' as const }, 'site "aruba" has 0 job slots, no "1"'],
    [{ site: 'hpc', slot: 7, kind: 'job' as const }, 'site "hpc" has 6 job slots, no "7"'],
  ])('is refused for %j', (wanted, message) => {
    expect(() => resolveNode(profile, wanted)).toThrow(message)
  })
})
