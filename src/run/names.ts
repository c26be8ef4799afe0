/** The devices of a job's outer namespaces. */
export const UPLINK = 'tap0'
/** The outer end of the job's only device. */
export const JOB = 'job'
/** What the job has of it. */
export const INSIDE = 'eth0'

/** Of the job's default route: nothing listens there. */
export const GATEWAY = { ipv4: '169.254.77.1', ipv6: 'fe80::1' } as const

/** Each end knows the other's, so that nobody has to be asked, nor answered. */
export const MACS = { outer: '02:00:00:00:4d:01', inside: '02:00:00:00:4d:02' } as const
