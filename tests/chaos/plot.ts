import fc from 'fast-check'
import type { Deed } from './clerk'
import type { Setting } from './subject'

/** All that fast-check decides about one history; from it everything else follows. */
export interface Plot {
  /** Of the ids, so that no two histories share one. */
  salt: number
  deeds: Deed[]
  setting: Setting
  /** How many of the contested usernames local accounts hold beforehand. */
  localNames: number
  /** Deliveries in flight at once. */
  concurrency: number
  /** How far, in messages, a delivery may stray from its place. */
  reach: number
  /** By message, counted round: how far it strays, and how much later it comes a second time. In thousandths. */
  strays: { by: number; again: number | null }[]
  mishaps: Mishap[]
  hooks: HookMood[]
  strangers: Stranger[]
}

/**
 * A process of the same app that has no hooks, and applies deletions that Clerk has made: a script with no rule either, or
 * `reconcile --apply` with the rule.
 */
export interface Stranger {
  /** Around which delivery, in thousandths of all. */
  at: number
  kind: 'script' | 'reconcile'
  /** Whose deletion, and of which model, counted round. */
  who: number
}

/** Something that goes wrong around the delivery at `at` (thousandths of all). */
export interface Mishap {
  at: number
  kind: MishapKind
  arg: number
}

export type HookMood = 'well' | 'slow' | 'throws' | 'hangs'

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

function deed(wait: fc.Arbitrary<number>): fc.Arbitrary<Deed> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('signUp' as const), email: value, username: value, wait }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('email', 'username'), who, value, wait }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('profile' as const), who, value, wait }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), who, wait }) },
  )
}

const stranger: fc.Arbitrary<Stranger> = fc.record({
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

/** @param mishaps The kinds of mishap there may be; with none, only hooks misbehave. */
export function plots(mishaps: readonly MishapKind[]): fc.Arbitrary<Plot> {
  const mishap = fc.record({ at: fc.nat(999), kind: fc.nat(), arg: fc.nat(999) }).map((one) => ({
    ...one,
    kind: mishaps[one.kind % mishaps.length] as MishapKind,
  }))
  const stray = fc.record({ by: fc.nat(999), again: fc.option(fc.nat(999), { freq: 2 }) })
  const moods = ['well', 'well', 'well', 'slow', 'slow', 'throws', 'throws'] as const
  // One that hangs costs the whole time for a delivery, which is short only where things are made to break.
  const mood = fc.constantFrom<HookMood>(...moods, ...(mishaps.length > 0 ? (['hangs'] as const) : []))
  // The log may miss what broken wires keep from it, and without its word a hook may run again.
  const isLogSure = !mishaps.some((kind) => !kind.startsWith('kill:'))
  const adrift = setting.map((one) => ({ ...one, drift: one.drift && one.deliveries && isLogSure }))
  return adrift.chain((chosen) =>
    fc.record({
      salt: fc.noShrink(fc.nat()),
      // With ties Clerk makes several changes within one millisecond.
      deeds: fc.array(deed(chosen.ties ? fc.nat(1) : fc.integer({ min: 1, max: 3 })), { minLength: 2, maxLength: 30 }),
      setting: fc.constant(chosen),
      localNames: fc.nat(2),
      concurrency: fc.constantFrom(1, 2, 4, 8),
      reach: fc.constantFrom(0, 3, 12, 1000),
      strays: fc.array(stray, { minLength: 24, maxLength: 24 }),
      mishaps: mishaps.length > 0 ? fc.array(mishap, { minLength: 1, maxLength: 4 }) : fc.constant([]),
      hooks: fc.array(mood, { minLength: 16, maxLength: 16 }),
      strangers: fc.array(stranger, { maxLength: 4 }),
    }),
  )
}
