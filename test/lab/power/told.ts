/** What a machine told of one of its stores. */
export interface Told {
  /** Before any machine joined in this boot: slots by id. */
  readonly known: ReadonlyMap<string, number>
  readonly joined: ReadonlyMap<string, number>
  /** How often the token of the machines was used. */
  readonly used: number
  readonly isAuditWhole: boolean
  /** Of the machines that join; '' when it was made in an earlier boot. */
  readonly token: string
}

/** A line that was cut off was not told. */
export function parseTold(text: string, store: string): Told {
  const slots = (word: string): Map<string, number> => {
    const lines = text.matchAll(new RegExp(`^${store} ${word} (\\S+) (\\d+)\n`, 'gm'))
    return new Map([...lines].map(([, id = '', slot]) => [id, Number(slot)]))
  }
  const one = (pattern: string) => new RegExp(`^${store} ${pattern}\n`, 'm').exec(text)?.[1]
  return {
    ...{ known: slots('known'), joined: slots('joined') },
    used: Number(one('used (\\d+) open') ?? 0),
    isAuditWhole: one('audit (\\S+)') === 'whole',
    token: one('token (\\S+)') ?? '',
  }
}

export function countJoined(text: string, store: string): number {
  return parseTold(text, store).joined.size
}
