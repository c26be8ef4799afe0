/**
 * Who may call an endpoint: the holder of a certificate of that role, an administrator of that rank (root on the
 * server's own socket has all), a machine with a token, or anyone.
 */
export type Caller =
  | 'anyone'
  | 'token'
  | 'node'
  | 'job'
  | 'hub'
  | 'service'
  | 'viewer'
  | 'operator'
  | 'admin'

export const machines = ['node', 'job'] as const
export const hosts = ['hub', 'service'] as const
/** Each rank may do what the ones below it may. */
export const viewers = ['viewer', 'operator', 'admin'] as const
export const operators = ['operator', 'admin'] as const
export const admins = ['admin'] as const
