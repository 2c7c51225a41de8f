import fc from 'fast-check'
import { type HookBehavior, hooksAmong, type Mishap, type MishapKind, mishapsOf, shifts } from '../chaos/plot'
import type { Action, Ways } from './clerk'
import type { Setting } from './subject'

/** Everything that fast-check decides about one history. */
export interface Plot {
  /** Part of every id, so that histories share none. */
  salt: number
  actions: Action[]
  ways: Ways
  setting: Setting
  /** Number of concurrent deliveries. */
  concurrency: number
  /** Maximum distance, in messages, of a delivery from its place. */
  reach: number
  /** By message, repeated as needed: its shift, and the distance of its second delivery, in thousandths. */
  shifts: { by: number; again: number | null }[]
  /** By message, repeated as needed: what happens to its first attempt. */
  losses: Loss[]
  mishaps: Mishap[]
  hooks: HookBehavior[]
}

/** `lost`: the request does not arrive. `unanswered`: it is handled, and the answer does not arrive. */
export type Loss = 'none' | 'lost' | 'unanswered'

const value = fc.option(fc.nat(29), { freq: 6 })
const number = fc.nat(29)
const wait = fc.integer({ min: 1, max: 3 })

const of = <Do extends string, Rest>(
  weight: number,
  names: readonly Do[],
  rest: { [K in keyof Rest]: fc.Arbitrary<Rest[K]> },
) => ({
  weight,
  arbitrary: fc.record({ do: fc.constantFrom(...names), wait, ...rest }),
})

const action: fc.Arbitrary<Action> = fc.oneof(
  of(3, ['signUp'], { email: value, username: value }),
  of(2, ['email', 'username', 'profile'], { who: number, value }),
  of(2, ['delete'], { who: number }),
  of(4, ['found'], { who: number, name: number, slug: value }),
  of(1, ['name'], { which: number, value }),
  of(2, ['slug'], { which: number, value }),
  of(2, ['dissolve'], { which: number }),
  of(6, ['join'], { who: number, which: number, role: number }),
  of(4, ['role'], { member: number, role: number }),
  of(3, ['remove'], { member: number }),
  of(4, ['rejoin'], { former: number, role: number }),
) as fc.Arbitrary<Action>

/** Each history begins with users and an organization: most actions need them. */
const first: Action[] = [
  { do: 'signUp', email: 0, username: 0, wait: 1 },
  { do: 'signUp', email: 1, username: 1, wait: 1 },
  { do: 'found', who: 0, name: 0, slug: 0, wait: 1 },
]

const setting: fc.Arbitrary<Setting> = fc.record({
  slug: fc.constantFrom('sparse' as const, 'required' as const),
  onDelete: fc.constantFrom('soft' as const, 'hard' as const, 'anonymize' as const),
  deliveries: fc.boolean(),
  organizations: fc.constantFrom(true, true, true, true, false),
  hooks: fc.boolean(),
})

/** @param mishaps Possible kinds of mishaps; with none, only hooks fail. */
export function plots(mishaps: readonly MishapKind[]): fc.Arbitrary<Plot> {
  return fc.record({
    salt: fc.noShrink(fc.nat()),
    actions: fc.array(action, { minLength: 2, maxLength: 30 }).map((actions) => [...first, ...actions]),
    ways: fc.record({
      membershipsOfDeleted: fc.constantFrom('silent' as const, 'sent' as const),
      memberChanges: fc.constantFrom('count' as const, 'version' as const, 'event' as const),
    }),
    setting,
    concurrency: fc.constantFrom(1, 2, 4, 8),
    reach: fc.constantFrom(0, 3, 12, 1000),
    shifts: shifts(),
    losses: fc.array(fc.constantFrom<Loss>('none', 'none', 'none', 'none', 'lost', 'unanswered'), {
      minLength: 16,
      maxLength: 16,
    }),
    mishaps: mishapsOf(mishaps),
    hooks: hooksAmong(mishaps),
  })
}
