/** In what the machine knows of who became root: the login's uid is the kernel's word, SUDO_USER is sudo's. */
export interface Traces {
  /** The content of /proc/self/loginuid. */
  loginUid: string | undefined
  sudoUser: string | undefined
}

/** What to look a user's name up by, or nothing where nobody logged in: a service, a timer. */
export function realUser({ loginUid = '', sudoUser }: Traces): string | undefined {
  const uid = /^[0-9]{1,10}\s*$/.test(loginUid) ? loginUid.trim() : none
  return uid === none ? sudoUser || undefined : uid
}

/** -1, as a process has it that no login is behind. */
const none = '4294967295'

const longest = 64

/** Names of directories have dots, backslashes and an at sign; whatever else there is becomes an underscore. */
export function userHeader(user: string | undefined): Record<string, string> {
  const name = user?.slice(0, longest).replace(/[^A-Za-z0-9_.@\\$-]/g, '_')
  return name ? { 'x-dynfarm-user': name } : {}
}
