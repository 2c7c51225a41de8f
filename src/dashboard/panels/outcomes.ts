/** Kinds of outcomes, as the chart colours them. */
export type Kind = 'stored' | 'unchanged' | 'ignored' | 'conflict' | 'failing'

/** All kinds, from the bottom of the chart to its top, with what each means. */
export const kinds: readonly { kind: Kind; name: string; outcomes: readonly string[] }[] = [
  { kind: 'stored', name: 'Stored', outcomes: ['created', 'updated', 'deleted', 'linked'] },
  { kind: 'unchanged', name: 'Already known', outcomes: ['stale', 'duplicate'] },
  { kind: 'ignored', name: 'Ignored', outcomes: ['ignored'] },
  { kind: 'conflict', name: 'Conflict', outcomes: ['conflict'] },
  { kind: 'failing', name: 'Failed', outcomes: ['failing'] },
]

/** Deliveries by kind. */
export type KindCounts = Record<Kind, number>

/** Adds up deliveries by kind. @param counts Deliveries by outcome. */
export function byKind(counts: readonly Record<string, number>[]): KindCounts {
  const sum = (outcomes: readonly string[]) =>
    counts.reduce((all, each) => outcomes.reduce((part, outcome) => part + (each[outcome] ?? 0), all), 0)
  return Object.fromEntries(kinds.map(({ kind, outcomes }) => [kind, sum(outcomes)])) as KindCounts
}
