/** A place in the feed. A restored store begins another epoch, so no place in it is taken for one from before. */
export interface Position {
  readonly epoch: string
  readonly generation: number
}

export function renderPosition({ epoch, generation }: Position): string {
  return `${epoch}.${generation}`
}

export function parsePosition(text: string): Position | undefined {
  const [, epoch, generation] = /^([0-9A-Za-z_-]{1,64})\.(0|[1-9][0-9]{0,14})$/.exec(text) ?? []
  return epoch === undefined ? undefined : { epoch, generation: Number(generation) }
}
