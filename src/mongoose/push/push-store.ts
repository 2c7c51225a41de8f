import { isPushError, type PushCandidate, type PushClaim, type PushStore } from '../../store/push-store'
import type { WriteContext } from '../../store/write'
import { atDatabase } from '../target/database-error'
import { fromPrimary, type Target, valueAt } from '../target/target'
import { isClerkUser } from '../write/collision'
import { ready } from '../write/ready'
import { completeClaim, leaveClaim } from './complete-claim'
import { countLocalAccounts, localAccounts } from './local-accounts'
import { candidateOf, claimDue, countDue, type HeldClaim, liveUsers, markDue } from './queue'
import { countQueue } from './queue-counts'
import { forRegistration, linkUser } from './register'
import { readsDocument } from './set-by-app'
import { tokenForRetry, tokenGivenUp, tokenPostponed } from './token'
import { watchMarks } from './watch'

/** Opens the push queue of a model. `undefined` if the plugin has no option `push`. */
export function openPushStore(target: Target): PushStore | undefined {
  const { paths, options } = target
  if (!options.push) return undefined
  const atReady = <T>(context: WriteContext, work: () => Promise<T>): Promise<T> =>
    atDatabase(async () => {
      await ready(target, context)
      return work()
    })
  return {
    places: options.push,
    claim: (limit, leaseMs, context) => atReady(context, () => claimDue(target, limit, leaseMs, context)),
    complete: (claim, seen, context) => atDatabase(() => completeClaim(target, held(claim), seen, context)),
    retryLater(claim, at, context, seen) {
      const change = { [paths.clerkPushToken]: tokenForRetry(held(claim).token, at) }
      return atDatabase(() => leaveClaim(target, held(claim), change, seen, context))
    },
    fail(claim, context, seen, syncError = 'push_failed') {
      const givenUp = { [paths.syncStatus]: 'error', [paths.syncError]: syncError }
      const change = { ...givenUp, [paths.clerkPushToken]: tokenGivenUp(held(claim).token) }
      return atDatabase(() => leaveClaim(target, held(claim), change, seen, context))
    },
    release(claim, context, at) {
      const change = at === undefined ? {} : { [paths.clerkPushToken]: tokenPostponed(held(claim).token, at) }
      return atDatabase(() => leaveClaim(target, held(claim), change, undefined, context))
    },
    countDue: (context) => atReady(context, () => countDue(target, context)),
    counts: (context) => atDatabase(() => countQueue(target, context)),
    markDue: (clerkId, context) => atReady(context, () => markDue(target, clerkId, context)),
    candidates: (context) => candidates(target, context),
    watch: (signal, wake) => atReady({}, () => watchMarks(target, signal, wake)),
    localAccounts: (context) => localAccounts(target, context),
    countLocalAccounts: (context) => atReady(context, () => countLocalAccounts(target, context)),
    forRegistration: (localId, context) => atReady(context, () => forRegistration(target, localId, context)),
    link: (localId, user, context) => atDatabase(() => linkUser(target, localId, user, context)),
  }
}

/** A claim as this store created it. */
const held = (claim: PushClaim): HeldClaim => claim as HeldClaim

async function* candidates(
  target: Target,
  context: WriteContext & { signal?: AbortSignal },
): AsyncGenerator<PushCandidate> {
  const { model, idPath, paths, options } = target
  const owned = (options.push ?? []).map(({ path }) => path)
  const marked = Object.keys(options.entity.constants(paths))
  const needed = [idPath, ...marked, paths.syncError, paths.clerkPushWritten, ...owned]
  // A default of the schema may read any path.
  const isWhole = owned.some((path) => readsDocument(model, path))
  const projection = isWhole ? {} : Object.fromEntries(needed.map((path) => [path, 1]))
  const cursor = model.collection.find(liveUsers(target), { projection, sort: { [idPath]: 1 }, ...fromPrimary })
  try {
    for await (const doc of cursor) {
      if (context.signal?.aborted) return
      const isGivenUp = isPushError(valueAt(doc, paths.syncError))
      if (isClerkUser(target, doc)) yield { ...candidateOf(target, doc, context), ...(isGivenUp && { isGivenUp }) }
    }
  } finally {
    await cursor.close()
  }
}
