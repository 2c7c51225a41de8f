import fc from 'fast-check'
import type { Action } from './clerk'
import type { Setting } from './subject'

/** Everything that fast-check decides about one history. */
export interface Plot {
  /** Part of every id, so that histories share none. */
  salt: number
  actions: Action[]
  setting: Setting
  /** Number of contested usernames that local accounts have at the start. */
  localNames: number
  /** Number of concurrent deliveries. */
  concurrency: number
  /** Maximum distance, in messages, of a delivery from its place. */
  reach: number
  /** By message, repeated as needed: its shift, and the distance of its second delivery, in thousandths. */
  shifts: { by: number; again: number | null }[]
  mishaps: Mishap[]
  hooks: HookBehavior[]
  otherProcesses: OtherProcess[]
}

/**
 * A process of the same app without hooks that applies deletions of Clerk: a script without `onDelete`, or
 * `reconcile --apply` with it.
 */
export interface OtherProcess {
  /** Position among the deliveries, in thousandths. */
  at: number
  kind: 'script' | 'reconcile'
  /** Index of the deletion and of the model, taken modulo their numbers. */
  who: number
}

/** A fault at the delivery at `at` (thousandths of all). */
export interface Mishap {
  at: number
  kind: MishapKind
  arg: number
}

export type HookBehavior = 'well' | 'slow' | 'throws' | 'hangs'

export const wireMishaps = ['cut', 'lostReply'] as const
export const failPointMishaps = [
  'closedConnection',
  'notPrimary',
  'steppingDown',
  'writeConflict',
  'maxTimeExpired',
  'blocked',
] as const
export const killPoints = [
  'beforeWrite',
  'afterWrite',
  'beforeHook',
  'afterHook',
  'beforeLog',
  'afterLog',
  'beforeAnswer',
  'afterAnswer',
  'anywhere',
] as const
export type KillPoint = (typeof killPoints)[number]
export type MishapKind =
  | (typeof wireMishaps)[number]
  | (typeof failPointMishaps)[number]
  | 'databaseKilled'
  | `kill:${KillPoint}`

const value = fc.option(fc.nat(29), { freq: 6 })
const who = fc.nat(29)

function action(wait: fc.Arbitrary<number>): fc.Arbitrary<Action> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('signUp' as const), email: value, username: value, wait }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('email', 'username'), who, value, wait }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('profile' as const), who, value, wait }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), who, wait }) },
  )
}

const otherProcess: fc.Arbitrary<OtherProcess> = fc.record({
  at: fc.nat(999),
  kind: fc.constantFrom('script', 'script', 'reconcile'),
  who: fc.nat(29),
})

const setting = fc.record({
  schema: fc.constantFrom('sparse' as const, 'requiredEmail' as const, 'requiredBoth' as const),
  onDelete: fc.constantFrom('soft' as const, 'hard' as const, 'anonymize' as const),
  deliveries: fc.boolean(),
  hooks: fc.boolean(),
  ties: fc.constantFrom(false, false, false, true),
  models: fc.constantFrom(1 as const, 1 as const, 2 as const),
  drift: fc.boolean(),
})

/** Shifts and second deliveries, of which each history has as many. */
export const shifts = (): fc.Arbitrary<Plot['shifts']> => {
  const shift = fc.record({ by: fc.nat(999), again: fc.option(fc.nat(999), { freq: 2 }) })
  return fc.array(shift, { minLength: 24, maxLength: 24 })
}

/** What goes wrong in a history: nothing if there are no kinds. */
export function mishapsOf(kinds: readonly MishapKind[]): fc.Arbitrary<Mishap[]> {
  if (kinds.length === 0) return fc.constant([])
  const mishap = fc.record({ at: fc.nat(999), kind: fc.nat(), arg: fc.nat(999) }).map((one) => ({
    ...one,
    kind: kinds[one.kind % kinds.length] as MishapKind,
  }))
  return fc.array(mishap, { minLength: 1, maxLength: 4 })
}

/** How hooks behave in a history with these kinds of mishaps. */
export function hooksAmong(kinds: readonly MishapKind[]): fc.Arbitrary<HookBehavior[]> {
  const behaviors = ['well', 'well', 'well', 'slow', 'slow', 'throws', 'throws'] as const
  // A hook that hangs takes the whole time budget, which is short only in runs with mishaps.
  const behavior = fc.constantFrom<HookBehavior>(...behaviors, ...(kinds.length > 0 ? (['hangs'] as const) : []))
  return fc.array(behavior, { minLength: 16, maxLength: 16 })
}

/** @param mishaps Possible kinds of mishaps; with none, only hooks fail. */
export function plots(mishaps: readonly MishapKind[]): fc.Arbitrary<Plot> {
  // With broken connections the log may miss an entry, and without it a hook may run again.
  const isLogReliable = !mishaps.some((kind) => !kind.startsWith('kill:'))
  const withDrift = setting.map((one) => ({ ...one, drift: one.drift && one.deliveries && isLogReliable }))
  return withDrift.chain((chosen) =>
    fc.record({
      salt: fc.noShrink(fc.nat()),
      // Ties need several changes within one millisecond.
      actions: fc.array(action(chosen.ties ? fc.nat(1) : fc.integer({ min: 1, max: 3 })), {
        minLength: 2,
        maxLength: 30,
      }),
      setting: fc.constant(chosen),
      localNames: fc.nat(2),
      concurrency: fc.constantFrom(1, 2, 4, 8),
      reach: fc.constantFrom(0, 3, 12, 1000),
      shifts: shifts(),
      mishaps: mishapsOf(mishaps),
      hooks: hooksAmong(mishaps),
      otherProcesses: fc.array(otherProcess, { maxLength: 4 }),
    }),
  )
}
