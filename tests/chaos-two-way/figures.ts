/** Counts of one run, printed at its end. */
export interface Figures {
  histories: number
  localWrites: number
  changesAtClerk: number
  deliveries: number
  requests: number
  /** Changes at Clerk by workers. */
  pushes: number
  mishaps: Record<string, number>
  /** Answers 429 by the rate limit of a user, without injected ones. */
  limited: number
  /** Maximum number of changes of one user in a rate-limit window. */
  mostInWindow: number
  hooks: number
  /** Hooks that ran for the version of a push. */
  echoes: number
  /** Those of them that reported no other change. */
  needlessEchoes: number
  /** Users with different values in two databases. */
  disputes: number
  /** Maximum time in milliseconds from the last action until no work was left. */
  longestToIdle: number
}

export const noFigures = (): Figures => ({
  histories: 0,
  localWrites: 0,
  changesAtClerk: 0,
  deliveries: 0,
  requests: 0,
  pushes: 0,
  mishaps: {},
  limited: 0,
  mostInWindow: 0,
  hooks: 0,
  echoes: 0,
  needlessEchoes: 0,
  disputes: 0,
  longestToIdle: 0,
})

export function summary({ mishaps, ...plain }: Figures): string {
  const struck = Object.entries(mishaps)
    .sort()
    .map(([name, times]) => `${name} ${times}`)
  const parts = Object.entries(plain).map(([name, times]) => `${name} ${Math.round(times)}`)
  return `${parts.join(', ')}; mishaps: ${struck.join(', ') || 'none'}`
}
