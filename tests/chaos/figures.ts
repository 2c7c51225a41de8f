/** Counts of one run, printed at its end. */
export interface Figures {
  histories: number
  events: number
  deliveries: number
  redeliveries: number
  /** Deletions applied by processes without hooks. */
  otherProcesses: number
  faults: Record<string, number>
  kills: Record<string, number>
  /** Messages with a completed hook. `hookRuns`: completed runs of hooks. */
  hooked: number
  hookRuns: number
}

export const noFigures = (): Figures => ({
  histories: 0,
  events: 0,
  deliveries: 0,
  redeliveries: 0,
  otherProcesses: 0,
  faults: {},
  kills: {},
  hooked: 0,
  hookRuns: 0,
})

export function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

export function summary({ hooked, hookRuns, faults, kills, ...plain }: Figures): string {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .sort()
      .map(([name, times]) => `${name} ${times}`)
      .join(', ') || 'none'
  const runs = hooked === 0 ? 'none' : `${hookRuns} for ${hooked} events, ${(hookRuns / hooked).toFixed(3)} each`
  const parts = Object.entries(plain).map(([name, times]) => `${times} ${name}`)
  return `${parts.join(', ')}; faults: ${list(faults)}; kills: ${list(kills)}; hooks run: ${runs}`
}
