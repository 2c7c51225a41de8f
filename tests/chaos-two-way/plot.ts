import fc from 'fast-check'
import type { Quarrel } from './rival'
import type { LocalHow } from './shape'
import { type LocalPath, localPaths, type OwnedLeaf, ownedLeaves } from './subject'

/** All that the seed decides about one history. When exactly what happens, the machine decides. */
export interface Plot {
  /** So that no two histories look the same to who keeps limits. */
  salt: number
  /** How many have signed up before anything else happens. */
  users: number
  workers: number
  /** The deed at which the app begins to push; what its users are given before, it does not notice. 0: at once. */
  switchOn: number
  /** How long a request's way to Clerk takes at most, and as long back. */
  latencyMs: number
  deeds: PacedDeed[]
  /** About what another database on the same instance, which pushes as well, quarrels with this one in the end. */
  quarrels: Quarrel[]
  /** Of messages, by the order in which things happen at Clerk, counted round. */
  fates: Fate[]
}

export interface Fate {
  lose: boolean
  double: boolean
  reorder: boolean
  delayMs: number
}

/** `wait`: milliseconds since the deed before, `isHasty`: the next one does not wait for its end. */
export type PacedDeed = Deed & { wait: number; isHasty: boolean }

export type Deed =
  | { do: 'local'; how: LocalHow; who: number; other: number; changes: LocalChange[] }
  | { do: 'signUp'; has: boolean }
  | { do: 'atClerk'; what: 'firstName' | 'email' | 'other'; who: number }
  /** What MongoDB owns, changed at Clerk; the owner's value is to win. */
  | { do: 'meddle'; leaf: OwnedLeaf | 'extra'; isGone: boolean; who: number }
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
/** `killNow`: at some moment. `killAfterSend`: as soon as Clerk has made the next change that a worker sent. */
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
const meddle = fc.record({
  do: fc.constant('meddle' as const),
  leaf: fc.constantFrom<OwnedLeaf | 'extra'>(...(Object.keys(ownedLeaves) as OwnedLeaf[]), 'extra'),
  isGone: fc.constantFrom(false, false, true),
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

const quarrel: fc.Arbitrary<Quarrel> = fc.record({
  who,
  leaf: fc.constantFrom('theme' as const, 'lastName' as const, 'plan.tier' as const, 'account.notes' as const),
})

/** @param kinds The mishaps there may be beside faults of Clerk's API. */
export function plots(kinds: readonly MishapKind[]): fc.Arbitrary<Plot> {
  const other = fc.record({ kind: fc.constantFrom(...kinds), arg: fc.nat(999) })
  const mishap = fc.record({ do: fc.constant('mishap' as const), mishap: fc.oneof(apiFault, other) })
  const what = fc.oneof(
    { weight: 12, arbitrary: local },
    { weight: 5, arbitrary: meddle },
    { weight: 4, arbitrary: atClerk },
    { weight: 1, arbitrary: signUp },
    { weight: 1, arbitrary: remove },
    { weight: 3, arbitrary: mishap },
  )
  const pace = fc.record({ wait: fc.constantFrom(0, 0, 2, 10, 30, 80, 200), isHasty: fc.boolean() })
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
    deeds: fc.array(
      fc.tuple(what, pace).map(([deed, at]) => ({ ...deed, ...at })),
      { minLength: 12, maxLength: 40, size: 'max' },
    ),
    quarrels: fc.oneof(
      { weight: 3, arbitrary: fc.constant<Quarrel[]>([]) },
      { weight: 1, arbitrary: fc.array(quarrel, { minLength: 1, maxLength: 3 }) },
    ),
    fates: fc.oneof(
      { weight: 3, arbitrary: fates(fate(false)) },
      { weight: 1, arbitrary: fates(fate(true)) },
      { weight: 1, arbitrary: fates(well) },
    ),
  })
}

/** A line each: what fast-check drew. */
export function describePlot({ deeds, fates, ...plot }: Plot): string {
  const fate = ({ lose, double, reorder, delayMs }: Fate) =>
    `${lose ? 'lost' : ''}${double ? 'twice' : ''}${reorder ? 'later' : ''}${delayMs || ''}` || '-'
  const lines = deeds.map((deed, index) => `${index} ${JSON.stringify(deed)}`)
  return [JSON.stringify(plot), ...lines, `fates ${fates.map(fate).join(' ')}`].join('\n')
}
