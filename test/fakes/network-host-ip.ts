import { familyOf } from '../../src/address.ts'
import { showNetwork } from './network-host-list.ts'
import {
  greData,
  type ModelAddress,
  type ModelDevice,
  type ModelRoute,
  type ModelRule,
  parseRoute,
  vxlanData,
} from './network-host-objects.ts'
import { kernelRefuses, parsePairs, Refusal, type Words } from './network-host-words.ts'

export class IpModel {
  readonly devices = new Map<string, ModelDevice>()
  addresses: ModelAddress[] = []
  routes: ModelRoute[] = []
  rules: ModelRule[] = []
  readonly sysctls = new Map<string, string>()
  readonly #settings: readonly string[]

  constructor(perDeviceForwarding: boolean) {
    this.#settings = [
      'ipv4 forwarding',
      'ipv4 rp_filter',
      'ipv6 forwarding',
      'ipv6 accept_ra',
      ...(perDeviceForwarding ? ['ipv6 force_forwarding'] : []),
    ]
    for (const name of ['all', 'default']) this.#makeSettings(name)
    this.addDevice('lo', { group: '0', mtu: 65536, up: true })
    this.addresses.push({ dev: 'lo', local: '127.0.0.1', prefixlen: 8 })
  }

  addDevice(name: string, device: ModelDevice): void {
    if (this.devices.has(name)) throw kernelRefuses('File exists')
    this.devices.set(name, device)
    this.#makeSettings(name)
  }

  command(words: Words): string {
    const [family, rest] = /^-[46]$/.test(words[0] ?? '') ? [words[0], words.slice(1)] : ['', words]
    const [object = '', verb = '', ...args] = rest
    switch (`${object} ${verb}`) {
      case '-N -json':
        return showNetwork(this, family ?? '', args.join(' '))
      case 'link add':
        return this.#addLink(args)
      case 'tuntap add':
        return this.#addTun(args)
      case 'link set':
        return this.#setLink(args)
      case 'link del':
        return this.#deleteLink(args)
      case 'addr add':
      case 'addr del':
        return this.#changeAddress(verb, args)
      case 'route add':
      case 'route replace':
      case 'route del':
        return this.#changeRoute(verb, args)
      case 'rule add':
      case 'rule del':
        return this.#changeRule(family ?? '', verb, args)
      default:
        throw new Error(`the model has no ip ${words.join(' ')}`)
    }
  }

  sysctl(words: Words): string {
    const [first, second, ...settings] = words
    if (first !== '-q' || second !== '-w') throw new Error(`the model has no sysctl ${first}`)
    const unknown: string[] = []
    for (const [path = '', value = ''] of settings.map((setting) => setting.split('='))) {
      if (this.sysctls.has(path)) this.#setting(path, value)
      else unknown.push(`sysctl: cannot stat /proc/sys/${path}: No such file or directory`)
    }
    if (unknown.length > 0) throw new Refusal(unknown.join('\n'), 255)
    return ''
  }

  #addLink(words: Words): string {
    const at = words.indexOf('type')
    const pairs = parsePairs(words.slice(0, at), ['name', 'group', 'mtu', 'address'])
    const [kind = '', ...rest] = words.slice(at + 1)
    const data = kind === 'vxlan' ? vxlanData(rest) : greData(kind, rest)
    this.#refuseTaken(kind, data)
    this.addDevice(pairs.get('name') ?? '', {
      group: pairs.get('group') ?? '0',
      mtu: Number(pairs.get('mtu')),
      up: false,
      kind,
      data,
    })
    return ''
  }

  #refuseTaken(kind: string, data: Record<string, unknown>): void {
    const identity = kind === 'vxlan' ? ['id', 'port'] : ['local', 'remote', 'ikey']
    const taken = [...this.devices.values()].some(
      (other) => other.kind === kind && identity.every((name) => other.data?.[name] === data[name]),
    )
    if (!taken) return
    if (kind !== 'vxlan') throw kernelRefuses('File exists')
    throw new Refusal('Error: A VXLAN device with the specified VNI already exists.')
  }

  #addTun(words: Words): string {
    const pairs = parsePairs(words, ['dev', 'mode', 'user'])
    const user = pairs.get('user')
    const data = { type: pairs.get('mode'), persist: true, ...(user !== undefined && { user }) }
    const device = { group: '0', mtu: 1500, up: false, kind: 'tun', data }
    const name = pairs.get('dev') ?? ''
    if (this.devices.has(name)) throw new Refusal('ioctl(TUNSETIFF): Device or resource busy', 1)
    this.addDevice(name, device)
    return ''
  }

  #setLink(words: Words): string {
    const pairs = parsePairs(words, ['dev', 'group', 'mtu'], ['up', 'down'])
    const device = this.#device(pairs.get('dev'))
    device.group = pairs.get('group') ?? device.group
    device.mtu = Number(pairs.get('mtu') ?? device.mtu)
    if (pairs.has('up')) device.up = true
    if (pairs.has('down')) this.#down(pairs.get('dev') ?? '', device)
    return ''
  }

  #down(name: string, device: ModelDevice): void {
    device.up = false
    this.routes = this.routes.filter(({ dev }) => dev !== name)
    this.addresses = this.addresses.filter(
      ({ dev, local }) => dev !== name || familyOf(local) === 'ipv4',
    )
  }

  #deleteLink(words: Words): string {
    const name = parsePairs(words, ['dev']).get('dev') ?? ''
    this.#down(name, this.#device(name))
    this.devices.delete(name)
    this.addresses = this.addresses.filter(({ dev }) => dev !== name)
    for (const path of this.sysctls.keys())
      if (path.split('/')[3] === name) this.sysctls.delete(path)
    return ''
  }

  #changeAddress(verb: string, [address = '', ...rest]: Words): string {
    const pairs = parsePairs(rest, ['dev', 'metric'], ['nodad', 'noprefixroute'])
    const dev = pairs.get('dev') ?? ''
    this.#device(dev)
    const [local = '', prefixlen] = address.split('/')
    const metric = Number(pairs.get('metric'))
    const same = this.addresses.find((it) => it.dev === dev && it.local === local)
    if (verb === 'add') {
      if (same !== undefined) throw new Refusal('Error: ipv4: Address already assigned.')
      this.addresses.push({ dev, local, prefixlen: Number(prefixlen), metric })
    } else {
      if (same === undefined) throw kernelRefuses('Cannot assign requested address')
      this.addresses = this.addresses.filter((it) => it !== same)
      this.#afterLastAddress(dev, familyOf(local))
    }
    return ''
  }

  /** "Last address was deleted from this interface. Disable IP." */
  #afterLastAddress(dev: string, family: string): void {
    const left = this.addresses.some((it) => it.dev === dev && familyOf(it.local) === 'ipv4')
    if (family !== 'ipv4' || left) return
    this.routes = this.routes.filter((it) => it.dev !== dev || it.family !== 'ipv4')
  }

  #changeRoute(verb: string, words: Words): string {
    const route = parseRoute(words)
    const same = (it: ModelRoute) =>
      it.dst === route.dst && it.table === route.table && it.metric === route.metric
    if (verb === 'del') return this.#deleteRoute(route)
    if (route.dev !== undefined && !this.#device(route.dev).up) {
      throw new Refusal('Error: Nexthop device is not up.')
    }
    if (verb === 'add' && this.routes.some(same)) throw kernelRefuses('File exists')
    this.routes = [...this.routes.filter((it) => !same(it)), route]
    return ''
  }

  /** In IPv4 no metric means any, the best first; in IPv6 it is the default one. */
  #deleteRoute(route: ModelRoute): string {
    const [gone] = this.routes
      .filter((it) => it.dst === route.dst && it.table === route.table)
      .filter((it) => it.protocol === route.protocol && it.dev === route.dev)
      .filter((it) => it.metric === route.metric || (route.family === 'ipv4' && route.metric === 0))
      .sort((a, b) => a.metric - b.metric)
    if (gone === undefined) throw kernelRefuses('No such process')
    this.routes = this.routes.filter((it) => it !== gone)
    return ''
  }

  #changeRule(family: string, verb: string, words: Words): string {
    const pairs = parsePairs(words, ['from', 'iif', 'lookup', 'priority', 'protocol'])
    const [from = 'all', iif = '', table = ''] = ['from', 'iif', 'lookup'].map((it) =>
      pairs.get(it),
    )
    const [priority = '', protocol = '0'] = [pairs.get('priority'), pairs.get('protocol')]
    const rule = { family, from, iif, table, priority, protocol }
    const key = JSON.stringify(rule)
    const there = this.rules.some((it) => JSON.stringify(it) === key)
    if (verb === 'add' && there) throw kernelRefuses('File exists')
    if (verb === 'del' && !there) throw kernelRefuses('No such file or directory')
    if (verb === 'add') this.rules.push(rule)
    else this.rules = this.rules.filter((it) => JSON.stringify(it) !== key)
    return ''
  }

  #device(name = ''): ModelDevice {
    const device = this.devices.get(name)
    if (device === undefined) throw new Refusal(`Cannot find device "${name}"`, 1)
    return device
  }

  #makeSettings(name: string): void {
    for (const [family, setting] of this.#settings.map((text) => text.split(' '))) {
      const initial = setting === 'accept_ra' ? '1' : '0'
      const inherited = this.sysctls.get(`net/${family}/conf/default/${setting}`)
      this.sysctls.set(`net/${family}/conf/${name}/${setting}`, inherited ?? initial)
    }
  }

  #setting(path: string, value: string): void {
    this.sysctls.set(path, value)
    if (path !== 'net/ipv6/conf/all/forwarding') return
    for (const each of this.sysctls.keys()) {
      if (/^net\/ipv6\/conf\/[^/]+\/forwarding$/.test(each)) this.sysctls.set(each, value)
    }
  }
}
