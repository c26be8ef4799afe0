import { createHash } from 'node:crypto'

/** One scheme with the links' gre-NAME and vxl-NAME: a tunnel's name leaves room for four characters more. */
export function tunnelDevice(name: string): string {
  return `tun-${tunnelName(name)}`
}

export function tunnelUnit(name: string): string {
  return `dynfarm-tunnel-${tunnelName(name)}.service`
}

/** Units are made anew at every boot, like the rest of a tunnel: nothing of them outlives the machine's run. */
export function unitPath(name: string): string {
  return `/run/systemd/system/${tunnelUnit(name)}`
}

export interface TunnelPaths {
  folder: string
  config: string
  ca: string
  certificate: string
  tlsCrypt: string
  tlsCryptShared: string
  pid: string
  management: string
  /** At a hub: a file for each certificate that may connect. */
  clients: string
}

/** Everything of one OpenVPN tunnel lies in one folder; which tunnels there are is the list of the folders. */
export function tunnelPaths(run: string, name: string): TunnelPaths {
  const folder = `${run}/${tunnelName(name)}`
  return {
    folder,
    config: `${folder}/openvpn.conf`,
    ca: `${folder}/ca.pem`,
    certificate: `${folder}/certificate.pem`,
    tlsCrypt: `${folder}/tls-crypt.key`,
    tlsCryptShared: `${folder}/tls-crypt-shared.key`,
    pid: `${folder}/pid`,
    management: `${folder}/management.sock`,
    clients: `${folder}/clients`,
  }
}

/** Tells one state of a tunnel's files from another. */
export function hashTexts(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 32)
}

/** The last guard before a name becomes a device, a unit or a folder; profiles are checked long before. */
function tunnelName(name: string): string {
  if (!/^[a-z](-?[a-z0-9]){0,10}$/.test(name) || name.length > 11)
    throw new Error(`not the name of a tunnel: "${name}"`)
  return name
}
