import fc from 'fast-check'
import type { Dispute } from './disputes'
import type { LocalHow } from './shape'
import { type LocalPath, localPaths, type OwnedLeaf, ownedLeaves } from './subject'

/** Everything that the seed decides about one history. The exact timing depends on the machine. */
export interface Plot {
  /** Part of the secret key, so that each history has its own rate limits. */
  salt: number
  /** Number of users that sign up before the other actions. */
  users: number
  workers: number
  /** Index of the action at which the app starts to push; earlier writes are not recorded. 0: from the start. */
  switchOn: number
  /** Maximum latency to Clerk in milliseconds, each way. */
  latencyMs: number
  actions: TimedAction[]
  /** Values that another database on the same instance, which pushes too, sets differently at the end. */
  disputes: Dispute[]
  /** How messages are delivered, in the order of changes at Clerk, repeated as needed. */
  fates: Fate[]
}

export interface Fate {
  lose: boolean
  double: boolean
  reorder: boolean
  delayMs: number
}

/** `wait`: milliseconds after the previous action. `isConcurrent`: the next action does not wait for its end. */
export type TimedAction = Action & { wait: number; isConcurrent: boolean }

export type Action =
  | { do: 'local'; how: LocalHow; who: number; other: number; changes: LocalChange[] }
  | { do: 'signUp'; has: boolean }
  | { do: 'atClerk'; what: 'firstName' | 'email' | 'other'; who: number }
  /** A path that MongoDB owns is changed at Clerk; the value of MongoDB must win. */
  | { do: 'overrideOwned'; leaf: OwnedLeaf | 'extra'; isRemoval: boolean; who: number }
  | { do: 'delete'; who: number }
  | { do: 'mishap'; mishap: Mishap }

export interface LocalChange {
  path: LocalPath
  isUnset: boolean
}

export type Mishap =
  | { kind: 'api'; status: ApiStatus; times: number; isApplied: boolean; isForUpdates: boolean }
  | { kind: MishapKind; arg: number }
type ApiStatus = (typeof apiStatuses)[number]
const apiStatuses = [500, 502, 503, 429, 429, 'hang', 'reset'] as const

export const workerMishaps = ['stop'] as const
export const faultMishaps = ['cut', 'lostReply', 'closedConnection', 'notPrimary', 'blocked', 'databaseKilled'] as const
/** `killNow`: at once. `killAfterSend`: when Clerk has applied the next change of a worker. */
export const processMishaps = ['killNow', 'killAfterSend'] as const
export type MishapKind =
  | (typeof workerMishaps)[number]
  | (typeof faultMishaps)[number]
  | (typeof processMishaps)[number]

const who = fc.nat(5)
const change = fc.record({
  path: fc.constantFrom(...localPaths),
  isUnset: fc.constantFrom(false, false, false, false, true),
})

const local = fc.record({
  do: fc.constant('local' as const),
  how: fc.constantFrom<LocalHow>('save', 'updateOne', 'updateOne', 'updateMany', 'bulkWrite', 'findOneAndUpdate'),
  who,
  other: who,
  changes: fc.uniqueArray(change, { minLength: 1, maxLength: 3, selector: ({ path }) => path.split('.')[0] }),
})
const overrideOwned = fc.record({
  do: fc.constant('overrideOwned' as const),
  leaf: fc.constantFrom<OwnedLeaf | 'extra'>(...(Object.keys(ownedLeaves) as OwnedLeaf[]), 'extra'),
  isRemoval: fc.constantFrom(false, false, true),
  who,
})
const atClerk = fc.record({
  do: fc.constant('atClerk' as const),
  what: fc.constantFrom('firstName' as const, 'email' as const, 'other' as const),
  who,
})
const signUp = fc.record({ do: fc.constant('signUp' as const), has: fc.boolean() })
const remove = fc.record({ do: fc.constant('delete' as const), who })

const apiFault = fc.record({
  kind: fc.constant('api' as const),
  status: fc.constantFrom(...apiStatuses),
  times: fc.integer({ min: 1, max: 3 }),
  isApplied: fc.boolean(),
  isForUpdates: fc.boolean(),
})

const dispute: fc.Arbitrary<Dispute> = fc.record({
  who,
  leaf: fc.constantFrom('theme' as const, 'lastName' as const, 'plan.tier' as const, 'account.notes' as const),
})

/** @param kinds Possible mishaps besides faults of the Clerk API. */
export function plots(kinds: readonly MishapKind[]): fc.Arbitrary<Plot> {
  const other = fc.record({ kind: fc.constantFrom(...kinds), arg: fc.nat(999) })
  const mishap = fc.record({ do: fc.constant('mishap' as const), mishap: fc.oneof(apiFault, other) })
  const what = fc.oneof(
    { weight: 12, arbitrary: local },
    { weight: 5, arbitrary: overrideOwned },
    { weight: 4, arbitrary: atClerk },
    { weight: 1, arbitrary: signUp },
    { weight: 1, arbitrary: remove },
    { weight: 3, arbitrary: mishap },
  )
  const pace = fc.record({ wait: fc.constantFrom(0, 0, 2, 10, 30, 80, 200), isConcurrent: fc.boolean() })
  const fate = (mayBeLost: boolean) =>
    fc.record({
      lose: mayBeLost ? fc.nat(9).map((n) => n === 0) : fc.constant(false),
      double: fc.nat(3).map((n) => n === 0),
      reorder: fc.nat(2).map((n) => n === 0),
      delayMs: fc.constantFrom(0, 0, 0, 5, 30, 100, 300),
    })
  const well = fc.constant<Fate>({ lose: false, double: false, reorder: false, delayMs: 0 })
  const fates = (one: fc.Arbitrary<Fate>) => fc.array(one, { minLength: 24, maxLength: 24 })
  return fc.record({
    salt: fc.nat(),
    users: fc.integer({ min: 1, max: 4 }),
    workers: fc.constantFrom(2, 3),
    switchOn: fc.constantFrom(0, 0, 4, 10),
    latencyMs: fc.constantFrom(0, 20, 60, 150),
    actions: fc.array(
      fc.tuple(what, pace).map(([action, at]) => ({ ...action, ...at })),
      { minLength: 12, maxLength: 40, size: 'max' },
    ),
    disputes: fc.oneof(
      { weight: 3, arbitrary: fc.constant<Dispute[]>([]) },
      { weight: 1, arbitrary: fc.array(dispute, { minLength: 1, maxLength: 3 }) },
    ),
    fates: fc.oneof(
      { weight: 3, arbitrary: fates(fate(false)) },
      { weight: 1, arbitrary: fates(fate(true)) },
      { weight: 1, arbitrary: fates(well) },
    ),
  })
}

/** Prints what fast-check drew, one line per action. */
export function describePlot({ actions, fates, ...plot }: Plot): string {
  const fate = ({ lose, double, reorder, delayMs }: Fate) =>
    `${lose ? 'lost' : ''}${double ? 'twice' : ''}${reorder ? 'later' : ''}${delayMs || ''}` || '-'
  const lines = actions.map((action, index) => `${index} ${JSON.stringify(action)}`)
  return [JSON.stringify(plot), ...lines, `fates ${fates.map(fate).join(' ')}`].join('\n')
}
