import type { Argv } from '../../plan/step.ts'

export interface Unit {
  description: string
  /** forking: the program goes into the background by itself, ready when it does. */
  type: 'simple' | 'forking'
  start: Argv
  afterStart?: readonly Argv[]
  capabilities: readonly string[]
}

/**
 * It comes back by itself as long as the machine runs, and ends before the network does. Nothing enables it: who planned it plans it
 * again at the next boot.
 */
export function renderUnit(unit: Unit): string {
  const { description, type, start, afterStart = [], capabilities } = unit
  const lines = [
    '[Unit]',
    `Description=${withoutSpecifiers(description)}`,
    'After=network.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    `Type=${type}`,
    `ExecStart=${execLine(start)}`,
    ...afterStart.map((argv) => `ExecStartPost=${execLine(argv)}`),
    'Restart=always',
    'RestartSec=2',
    `CapabilityBoundingSet=${capabilities.join(' ')}`,
    'NoNewPrivileges=yes',
    'ProtectSystem=full',
    'ProtectHome=read-only',
    'PrivateTmp=yes',
    'DevicePolicy=closed',
    'DeviceAllow=/dev/net/tun rw',
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** Old versions of systemd take only programs by their whole path. */
function execLine([program, ...words]: Argv): string {
  if (!program.startsWith('/')) throw new Error(`not a whole path: "${program}"`)
  return [program, ...words].map(execWord).join(' ')
}

/** As systemd.service(5) reads a word back: quotes, backslashes, specifiers and variables. */
function execWord(word: string): string {
  const text = withoutSpecifiers(word)
  if (/^[A-Za-z0-9_./:@%+,=-]+$/.test(text)) return text
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('$', '$$$$')}"`
}

function withoutSpecifiers(text: string): string {
  if (/[\0-\x1f\x7f]/.test(text)) throw new Error(`not for a unit: ${JSON.stringify(text)}`)
  return text.replaceAll('%', '%%')
}
