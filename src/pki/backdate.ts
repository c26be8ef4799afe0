/** How far back a certificate begins, for machines whose clock is behind. */
export const backdatedMs = 24 * 3600 * 1000
