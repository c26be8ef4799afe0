/**
 * Every error a user can meet: its exit code, and what to do about it. docs/errors.md explains each.
 * Anything else that is thrown is a bug: exit 1, with its stack.
 */
export const errorTable = {
  usage: { exit: 64, hint: 'see "dynfarm help"' },
  'not-enrolled': {
    exit: 64,
    hint: 'give --server and a token of role hub; "dynfarm token create --role hub" makes one',
  },
  'no-such-site': { exit: 64, hint: 'the sites are the files in the folder "sites"' },
  'no-such-service': { exit: 64, hint: 'the services are listed under "services" of centre.yaml' },
  'no-such-class': { exit: 64, hint: 'the classes are listed under "classes" of the site' },
  'no-such-slot': { exit: 64, hint: 'slots begin at 1; "limits" and "nodes" of the site end them' },
  'nodeset-invalid': {
    exit: 64,
    hint: 'node sets are like "aruba-[1-20,25]!aruba-7" or "@aruba:ready"',
  },
  'no-such-node': { exit: 64, hint: '"dynfarm remote list" shows the nodes there are' },
  'no-such-hub': {
    exit: 64,
    hint: 'name a hub of centre.yaml that has joined, or an address of it, as [USER@]HUB[:PORT]',
  },
  'nothing-selected': { exit: 64, hint: 'name nodes with -w, as "@aruba" or "aruba-[1-20]"' },
  'token-mistyped': {
    exit: 64,
    hint: 'paste it again, whole and on one line, as "dynfarm token create" printed it',
  },
  'not-built': { exit: 69, hint: 'CHANGELOG.md says what this version has' },
  'program-missing': { exit: 69, hint: 'install the program named above, or put it on PATH' },
  'kernel-feature-missing': {
    exit: 69,
    hint: 'load the kernel module named above, or use another kind of link or tunnel',
  },
  'openvpn-too-old': {
    exit: 69,
    hint: 'install OpenVPN 2.5 or later, or let the site use another tunnel too',
  },
  'relay-failed': {
    exit: 71,
    hint: '"dynfarm remote put" sends the files directly where no sibling gives them',
  },
  'command-failed': { exit: 71, hint: 'run the command above by hand to see what is the matter' },
  'address-in-use': {
    exit: 71,
    hint: 'end what listens there, or give "listen" and "admin" in centre.yaml other ports',
  },
  'address-refused': {
    exit: 71,
    hint: 'see to "listen" and "admin" in centre.yaml, and to what this user may do',
  },
  'file-refused': { exit: 71, hint: 'see to the file or name above, then run it again' },
  'state-unwritable': {
    exit: 71,
    hint: 'make room or give leave for the path above; without its journal dynfarm changes nothing',
  },
  'step-failed': {
    exit: 71,
    hint: 'what this run had changed was undone; mend the cause and run it again',
  },
  'undo-failed': {
    exit: 71,
    hint: 'the machine is not as it was; mend the cause and run it again to finish the undo',
  },
  'network-blocked': {
    exit: 71,
    hint: 'dynfarm never takes over what it did not make; remove or rename it, then run it again',
  },
  unfinished: { exit: 75, hint: 'run it again: it begins by undoing what the earlier run left' },
  'store-unavailable': {
    exit: 75,
    hint: 'look after the database named above; the server goes on when it answers again',
  },
  busy: { exit: 75, hint: 'another dynfarm is at work on this state folder; wait for it to end' },
  'hub-runs': {
    exit: 75,
    hint: 'end it first ("systemctl disable --now dynfarm-hub"), then run this again; docs/operations.md has "Retiring a hub"',
  },
  'hub-slow': {
    exit: 75,
    hint: 'it is kept and will be put in force; the log of the running hub says what it is at',
  },
  'fact-refused': {
    exit: 77,
    hint: 'facts in templates may have letters, digits and ._:/@+=- only, and 255 of them',
  },
  'init-exists': {
    exit: 77,
    hint: 'nothing was made; name another folder, or move these files away',
  },
  'not-writable': { exit: 77, hint: 'name a folder that you may write, or run it as root' },
  'state-refused': {
    exit: 77,
    hint: 'the folder must belong to the user who runs this and be writable by nobody else',
  },
  'bundle-missing': {
    exit: 77,
    hint: 'run it as root where the server runs, or name a bundle that "dynfarm admin create" made with --bundle FILE',
  },
  'bundle-refused': {
    exit: 77,
    hint: 'it must be as "dynfarm admin create" wrote it, yours, and closed to others: chmod 600',
  },
  'release-key-refused': {
    exit: 77,
    hint: 'name the file with --key; it is made by "dynfarm init", kept apart, and closed to others: chmod 600',
  },
  'needs-root': { exit: 77, hint: 'run it as root' },
  'store-newer': {
    exit: 78,
    hint: 'start a dynfarm as new as the one that used this store, or restore the backup from before it',
  },
  'store-damaged': {
    exit: 78,
    hint: 'restore the store from a backup; the hubs bring back what is newer',
  },
  'identity-unusable': {
    exit: 77,
    hint: 'name a private key without a passphrase, or one of an agent as agent:NAME, with -i',
  },
  'inventory-missing': {
    exit: 75,
    hint: 'it is kept from every contact with the server, and there was none from here yet',
  },
  'inventory-damaged': {
    exit: 78,
    hint: 'remove it; the next contact with the server brings it again',
  },
  'config-invalid': {
    exit: 78,
    hint: 'mend the places named above, then run "dynfarm check" again',
  },
  'keys-unreadable': {
    exit: 78,
    hint: 'the user that the server runs as must be able to read keys/: give the folder to its group',
  },
  'config-missing': {
    exit: 78,
    hint: 'name the folder with --config DIR, or make one with "dynfarm init DIR"',
  },
  'state-damaged': {
    exit: 78,
    hint: 'restore the file above from a backup; docs/errors.md says what is lost without it',
  },
  'not-settled': { exit: 78, hint: 'see docs/commands/join.md' },
  'not-joined': { exit: 77, hint: 'run "dynfarm join" first' },
  'networks-overlap': {
    exit: 77,
    hint: 'its network is as it was; one of the two must have other addresses, or the service another link',
  },
  'no-rung': {
    exit: 71,
    hint: "what was tried was undone; see that this machine's network lets one of the tunnels out",
  },
  'check-failed': {
    exit: 71,
    hint: 'the tunnel and the keys of administrators stay; mend the cause and join again',
  },
  'too-many-slots': { exit: 78, hint: 'limit "nodes" of the site, or give it a smaller range' },
  'not-a-hub': {
    exit: 78,
    hint: 'a host is a hub or the host of a service; a token of role hub makes a hub',
  },
  'journal-corrupt': {
    exit: 78,
    hint: 'see to it that the machine is as it should be, then move the file above away',
  },
  'journal-newer': { exit: 78, hint: 'run the newer dynfarm that wrote it' },
  'message-malformed': {
    exit: 77,
    hint: 'the two are of versions that do not fit, or something between them changes messages',
  },
  'csr-refused': {
    exit: 77,
    hint: 'requests are P-256, without a subject or attributes, and signed by their own key',
  },
  'certificate-refused': {
    exit: 77,
    hint: 'this call is for another kind of certificate; an administrator can make a new one',
  },
  'certificate-expired': {
    exit: 77,
    hint: 'if the clock here is right, join again with a new token',
  },
  'certificate-early': {
    exit: 75,
    hint: 'set the clock; certificates begin a day before they are made',
  },
  'certificate-revoked': { exit: 77, hint: 'ask an administrator of the centre' },
  'token-refused': { exit: 77, hint: 'ask for a new token; "dynfarm token create" makes one' },
  'token-expired': {
    exit: 77,
    hint: 'ask for a new token; "dynfarm token create --ttl" says how long it lasts',
  },
  'token-used-up': {
    exit: 77,
    hint: 'ask for a new token; "dynfarm token create --uses" says for how many machines',
  },
  'token-revoked': { exit: 77, hint: 'ask for a new token' },
  'token-closed': { exit: 75, hint: 'an administrator opens it again, or makes a new one' },
  'token-elsewhere': { exit: 77, hint: 'use it on the site and from the networks that it is for' },
  'token-other-kind': {
    exit: 77,
    hint: '"dynfarm join" and "dynfarm run" take tokens of their own; so do hubs and services',
  },
  'identity-refused': {
    exit: 77,
    hint: "the site's profile says which accounts and regions it takes",
  },
  'metadata-silent': {
    exit: 75,
    hint: 'the site asks for an EC2 identity document: switch the metadata service of this instance on, and in a container let its answers pass two hops; a machine elsewhere cannot join this site',
  },
  'metadata-refused': {
    exit: 77,
    hint: 'the site asks for an EC2 identity document: have the metadata service of this instance give it (IMDSv2); a machine elsewhere cannot join this site',
  },
  'not-allowed': { exit: 77, hint: 'ask an administrator of a higher rank, or one of that site' },
  'node-pending': { exit: 75, hint: 'an administrator lets it in with "dynfarm node approve"' },
  'node-revoked': { exit: 77, hint: 'ask an administrator of the centre' },
  'not-found': {
    exit: 64,
    hint: '"dynfarm node list", "token list", "admin list" and "release list" show what there is',
  },
  'clone-refused': {
    exit: 77,
    hint: 'give the copy an identity of its own: remove /var/lib/dynfarm/node and its machine-id',
  },
  'keys-copied': {
    exit: 77,
    hint: 'the client makes new keys and asks again by itself; an older one needs "dynfarm leave" first',
  },
  'place-gone': {
    exit: 77,
    hint: 'an administrator gives the profile its site, class or range back; or run "dynfarm leave" and join with a token for another one',
  },
  'key-in-use': { exit: 77, hint: 'make new keys: remove /var/lib/dynfarm/node and join again' },
  'name-taken': {
    exit: 64,
    hint: 'choose another name, or revoke who has it, as "dynfarm node revoke NAME" does',
  },
  'node-alive': {
    exit: 77,
    hint: 'run "dynfarm leave" on it, or revoke it first',
  },
  'request-unfit': {
    exit: 64,
    hint: '"--help" of the command says what goes together; "dynfarm node list" and "token list" what there is',
  },
  'release-refused': {
    exit: 77,
    hint: 'what runs goes on; "dynfarm release add" with the key of this centre makes it anew',
  },
  'range-refused': { exit: 77, hint: 'fetch it from its beginning' },
  'too-slow': { exit: 75, hint: 'the path to the server is very slow, or stalls; try again' },
  'message-too-large': { exit: 77, hint: 'send less, or raise the limit in centre.yaml' },
  'version-apart': {
    exit: 77,
    hint: 'client and server may be one minor version apart; update the older one',
  },
  'too-many-requests': { exit: 75, hint: 'wait; the message says how long' },
  'server-failed': { exit: 75, hint: "the server's log has the reason" },
  'slots-full': {
    exit: 75,
    hint: 'free slots with "dynfarm node forget", or raise "limits" of the site',
  },
  'server-busy': { exit: 75, hint: 'wait; the client tries again by itself' },
  'server-unreachable': {
    exit: 75,
    hint: 'see that this machine may connect to these URLs; a join tries again by itself',
  },
  'server-not-running': {
    exit: 75,
    hint: 'start "dynfarm serve" on this host, or name a bundle of a server elsewhere: --bundle FILE',
  },
  'server-not-trusted': {
    exit: 77,
    hint: 'someone is in between, or the token is of another centre; nothing was sent there',
  },
  'server-refused': { exit: 77, hint: 'the server is newer than this dynfarm: update it' },
  'proxy-refused': { exit: 75, hint: 'ask who runs the proxy to let CONNECT pass to the server' },
  'clock-wrong': { exit: 75, hint: 'set the clock of this machine, best by NTP' },
  'answer-lost': { exit: 75, hint: 'look whether it was done before asking again' },
  'answer-refused': {
    exit: 77,
    hint: 'nothing of it was used; tell an administrator of the centre',
  },
  'mode-unavailable': {
    exit: 69,
    hint: '"dynfarm doctor --run" shows what this machine allows a job',
  },
  'cvmfs-unavailable': {
    exit: 69,
    hint: 'have CVMFS mounted, or put cvmfsexec or Parrot of cctools on PATH or beside dynfarm',
  },
  'socks-refused': {
    exit: 71,
    hint: 'the port of `socks:` has to be open from here to the hub, and the job not revoked',
  },
  'namespaces-refused': {
    exit: 71,
    hint: '"dynfarm doctor --run" shows what this machine allows a job',
  },
  'rootless-unavailable': {
    exit: 69,
    hint: 'have what is named above installed or allowed; "dynfarm doctor --run" shows the same list',
  },
  'rootless-ended': {
    exit: 71,
    hint: 'start it again, best by a unit with Restart=always; its nodes come back by themselves',
  },
  'port-refused': {
    exit: 71,
    hint: 'give the tunnel another port in centre.yaml, or have root lower that setting',
  },
  'not-rootless': {
    exit: 78,
    hint: 'write it beside the addresses of the hub, then "dynfarm reload" at the server',
  },
  'run-failed': { exit: 125, hint: undefined },
  interrupted: { exit: 130, hint: undefined },
} as const satisfies Record<string, { exit: number; hint: string | undefined }>

export type ErrorCode = keyof typeof errorTable

/** What each exit code means, as every command's help tells it. */
export const exitMeanings = {
  0: 'done',
  1: 'a bug in dynfarm; its stack is shown',
  3: 'not joined',
  4: 'degraded',
  64: 'wrong usage',
  69: 'a needed program or kernel feature is missing',
  71: 'a step failed; what it had changed was undone, or the message says what was kept',
  75: 'not possible now; try again later',
  77: 'refused, or root is needed',
  78: 'the configuration has problems',
  125: 'dynfarm itself failed, not the job',
  130: 'interrupted',
} as const satisfies Record<number, string>

export type ExitCode = keyof typeof exitMeanings

interface ErrorOptions {
  /** Replaces the table's hint where the place knows better. */
  hint?: string
  cause?: unknown
  /** Goes into the --json form of the error. */
  details?: Record<string, unknown>
}

/** An error that a user can cause and mend: lower case, no full stop, the offending value in quotes. */
export class DynfarmError extends Error {
  override readonly name = 'DynfarmError'
  readonly code: ErrorCode
  readonly exit: ExitCode
  readonly hint: string | undefined
  readonly details: Record<string, unknown> | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.exit = errorTable[code].exit
    this.hint = options.hint ?? errorTable[code].hint
    this.details = options.details
  }
}

/** Of what is no DynfarmError. */
export function describeBug(error: unknown): string {
  const stack = error instanceof Error ? error.stack : String(error)
  return `a bug in dynfarm, please report it with these lines\n${stack}`
}
