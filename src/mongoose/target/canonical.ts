/** Returns the same text for equal values, from mongoose or from the driver. */
export function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return inner.toString()
    if (inner instanceof Map) return Object.fromEntries(inner)
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    // JSON.stringify makes base64 of the driver's Binary, and this object of Node's Buffer.
    if ('type' in inner && inner.type === 'Buffer' && 'data' in inner)
      return Buffer.from(inner.data as number[]).toString('base64')
    // mongoose adds an `_id` to subdocuments, a new one in each candidate.
    const entries = Object.entries(inner).filter(([key]) => key !== '_id')
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
