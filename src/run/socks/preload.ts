import type { Bytes } from '../command-line.ts'

/** What leads the connections of programs to a SOCKS server that they know nothing of. */
export interface Preloader {
  name: 'proxychains4' | 'tsocks'
  library: string
}

/** As packages name the files, the better one first: tsocks leaves names to the machine, and knows no IPv6. */
export const libraries = [
  ['proxychains4', ['libproxychains.so.4', 'libproxychains4.so']],
  ['tsocks', ['libtsocks.so', 'libtsocks.so.1.8', 'libtsocks.so.1']],
] as const

export function preloadConfig({ name }: Preloader, port: number): string {
  if (name === 'tsocks')
    return [
      'local = 127.0.0.0/255.0.0.0',
      ...['server = 127.0.0.1', 'server_type = 5', `server_port = ${port}`, ''],
    ].join('\n')
  return [
    ...['strict_chain', 'quiet_mode', 'proxy_dns', 'remote_dns_subnet 224'],
    ...['tcp_read_time_out 15000', 'tcp_connect_time_out 15000'],
    ...['localnet 127.0.0.0/255.0.0.0', 'localnet ::1/128'],
    ...['[ProxyList]', `socks5 127.0.0.1 ${port}`, ''],
  ].join('\n')
}

export interface Offer {
  port: number
  preloader: Preloader | undefined
  /** Of the file that preloadConfig makes. */
  config: string
  /** By which what the job started is found when it is over. */
  mark: string
}

export const MARK = 'DYNFARM_JOB'

/** The job's environment: whatever it had of these is replaced, another preloaded library stays. */
export function socksEnvironment(own: readonly Bytes[], offer: Offer): Bytes[] {
  const { port, preloader, config, mark } = offer
  const proxy = `socks5h://127.0.0.1:${port}`
  const more = {
    ...{ ALL_PROXY: proxy, all_proxy: proxy, [MARK]: mark },
    ...(preloader && {
      LD_PRELOAD: [preloader.library, ...preloaded(own)].join(':'),
      ...(preloader.name === 'tsocks'
        ? { TSOCKS_CONF_FILE: config }
        : { PROXYCHAINS_CONF_FILE: config, PROXYCHAINS_QUIET_MODE: '1' }),
    }),
  }
  const kept = own.filter((one) => !Object.hasOwn(more, one.split('=', 1)[0] ?? ''))
  return [...kept, ...Object.entries(more).map(([name, value]) => `${name}=${value}`)]
}

function preloaded(own: readonly Bytes[]): Bytes[] {
  return own.flatMap((one) => {
    const [, libraries] = /^LD_PRELOAD=(.+)$/s.exec(one) ?? []
    return libraries === undefined ? [] : [libraries]
  })
}
