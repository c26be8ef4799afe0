import type { ServiceEnds, ServiceHost } from './service-end.ts'

/** A shell script: its commands do the work, and what else there is to choose from stands in it unexecuted. */
export function renderServiceEnds({ hosts, exampleKey }: ServiceEnds): string {
  const warning = exampleKey
    ? '# EXAMPLE KEYS: this folder has no keys/links.secret, so no hub has these keys.\n\n'
    : ''
  return warning + hosts.map(renderHost).join('\n')
}

function renderHost(host: ServiceHost): string {
  const title = `# ${host.service} (${host.addresses.join(', ')}), link: ${host.link}\n`
  if (host.link === 'routed')
    return `${title}# nothing to do: the hub masquerades for this service\n`
  if (host.link === 'local') return `${title}# nothing to do: this service runs on the hub\n`
  return [
    `${title}# As commands, until the next reboot:\n\n${host.commands}`,
    unexecuted(
      'The same for good, as files of systemd-networkd (the guard goes to nftables)',
      files(host),
    ),
    unexecuted('For /etc/hosts: every node that can ever be', host.hosts),
  ].join('\n')
}

function files({ networkd }: ServiceHost): string {
  const each = Object.entries(networkd).map(([path, text]) => `# ${path}\n${text}`)
  return each.join('\n')
}

/** A here-document that nothing reads. */
function unexecuted(title: string, text: string): string {
  return `# ${title}:\n: <<'END'\n${text}END\n`
}
