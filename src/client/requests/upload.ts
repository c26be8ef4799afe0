/** A body that is sent as it is read. */
export interface Upload {
  size: number
  /** From its beginning, each time. */
  read(): AsyncIterable<Uint8Array>
}

export function isUpload(body: unknown): body is Upload {
  return typeof body === 'object' && body !== null && 'read' in body
}
