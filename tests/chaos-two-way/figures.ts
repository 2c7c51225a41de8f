/** What a run has done, for the lines at its end. */
export interface Figures {
  histories: number
  localWrites: number
  changesAtClerk: number
  deliveries: number
  requests: number
  /** Changes that workers made at Clerk. */
  pushes: number
  mishaps: Record<string, number>
  /** Answers of Clerk's limit for a user, which nobody planted. */
  limited: number
  /** The most changes that one user had in any window of the limit. */
  mostInWindow: number
  hooks: number
  /** Hooks for a version that a push made. */
  echoes: number
  /** Of these, such as stood for no other change. */
  needlessEchoes: number
  /** Users whom two databases quarrelled about. */
  quarrels: number
  /** Milliseconds from the last deed to rest. */
  longestToRest: number
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
  quarrels: 0,
  longestToRest: 0,
})

export function summary({ mishaps, ...plain }: Figures): string {
  const struck = Object.entries(mishaps)
    .sort()
    .map(([name, times]) => `${name} ${times}`)
  const parts = Object.entries(plain).map(([name, times]) => `${name} ${Math.round(times)}`)
  return `${parts.join(', ')}; mishaps: ${struck.join(', ') || 'none'}`
}
