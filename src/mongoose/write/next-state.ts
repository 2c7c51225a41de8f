import type { WriteResult } from '../../store/write'
import { resolveCollision } from './collision'
import { hostRule } from './conflict-reason'
import { lookAtOwn, readLocalAccount, type Standing } from './own-document'
import { linkTo, pushExtension } from './push-extension'
import { resolveRefusal } from './refused'
import type { AppliedAttempt, Attempt, Resolution } from './resolution'
import type { RetryState } from './retry-state'
import { type GuardedWrite, outcomeOf, resultOf } from './standing-outcome'
import { recordUnstored } from './unstored'

/** The end of a refused write, or what to try next. `due`: the marks that the document has. */
type Next =
  | { result: WriteResult }
  | ({ due: readonly string[] } & ({ instead: GuardedWrite } | { retry: RetryState; isUnexplained?: boolean }))

/** Reads what is stored after a refused attempt, and decides what follows. */
export async function afterRefusal(
  write: GuardedWrite,
  state: RetryState,
  attempt: Exclude<Attempt, AppliedAttempt>,
): Promise<Next> {
  const { target, incoming, context } = write
  const standing = await (pushExtension(target)?.read ?? lookAtOwn)(target, incoming, context)
  const { due } = standing
  const found = await outcomeOf(write, standing)
  if (found) return 'instead' in found ? { ...found, due } : { result: found }
  const next = await nextState(write, state, attempt, standing)
  if ('retry' in next) return { ...next, due }
  if ('outcome' in next) return { result: resultOf(write, next.outcome) }
  // Nothing was written, so `status` could not find the user otherwise.
  await recordUnstored(target, incoming, next.conflict, context)
  return { result: resultOf(write, 'conflict', { conflict: next.conflict }) }
}

async function nextState(
  write: GuardedWrite,
  state: RetryState,
  attempt: Exclude<Attempt, AppliedAttempt>,
  standing: Standing,
): Promise<Resolution> {
  const { target, incoming } = write
  const adapted =
    (await withLocalAccount(write, state, standing)) ?? pushExtension(target)?.adapt(target, incoming, state, standing)
  return adapted ? { retry: adapted } : resolve(write, state, attempt, standing)
}

/** Before the first insert, looks for the user's local account. `undefined` if it was looked for, or is not needed. */
async function withLocalAccount(
  { target, incoming, context }: GuardedWrite,
  state: RetryState,
  standing: Standing,
): Promise<RetryState | undefined> {
  const { locals } = incoming
  if (!locals || standing.kind !== 'absent' || !state.isUpdateOnly) return undefined
  const { linkTo: local, conflict } = await locals.find(state.valueOf(locals.path), context)
  const next = state.with({ isUpdateOnly: false, leftOut: conflict ?? state.leftOut })
  return local && !state.linkTo ? linkTo(target, incoming, next, local) : next
}

async function resolve(
  { target, incoming, context }: GuardedWrite,
  given: RetryState,
  attempt: Exclude<Attempt, AppliedAttempt>,
  standing: Standing,
): Promise<Resolution> {
  const own = standing.kind === 'behind' ? standing.doc : undefined
  // The user has its own document now, so the local account is not linked.
  const state = own ? given.with({ linkTo: undefined }) : given
  if (attempt.kind === 'collided')
    return resolveCollision({ target, incoming, state, context, own, index: attempt.index })
  if (attempt.kind === 'refused') {
    const { paths, by } = attempt
    return resolveRefusal({ target, incoming, state, context, own, paths, ...(by && { by }) })
  }
  if ('required' in attempt && !own) return { conflict: hostRule(state.entity, attempt.required, 'required') }
  // The document to update changed meanwhile, or the local account was changed, linked or removed.
  const { linkTo: local } = state
  const again = local && (await readLocalAccount(target, local._id, context))
  const next = state.with({ linkTo: undefined, withheld: new Map(), whole: new Set() })
  return { retry: again ? linkTo(target, incoming, next, again) : next, isUnexplained: true }
}
