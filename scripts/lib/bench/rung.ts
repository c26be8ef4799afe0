export const rungs = ['wg', 'udp', 'tcp'] as const
export type Rung = (typeof rungs)[number]
