import { ClerkSyncError } from '../../errors'
import { isClerkId } from '../../events/events'
import { withHarmlessListeners } from '../../host/harmless'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import type { WriteResult } from '../../store/write'
import { confirmGone, mayBeNew } from '../clerk/confirm-gone'
import { requireSameInstance } from '../clerk/same-instance'
import { prepareCalls, prepareJob } from '../run/job-context'
import { applyDeletion, preparePushes, prepareUserPush } from './push-context'
import type { PushResult, PushRunOptions } from './push-report'
import {
  type RegisterLocalUsersOptions,
  type RegisterLocalUsersResult,
  registerLocalUsers,
} from './register-local-users'
import { registerUser } from './register-user'
import type { RegisterOptions } from './registration-body'
import { runPush } from './run-push'
import { type PushWorker, type PushWorkerOptions, startPushWorker } from './start-push-worker'
import { UserThrottle } from './user-throttle'

/** The methods of `ClerkSync` that change users and organizations in Clerk. */
export interface Pushes {
  push(options?: PushRunOptions): Promise<PushResult>
  startPushWorker(options?: PushWorkerOptions): PushWorker
  registerClerkUser(user: LocalUser, options?: RegisterOptions): Promise<unknown>
  registerLocalUsers(options?: RegisterLocalUsersOptions): Promise<RegisterLocalUsersResult>
  deleteInClerk(user: LinkedUser): Promise<WriteResult>
}

/** A local account: its document, hydrated or lean. */
export type LocalUser = { _id: unknown }
/** A Clerk user: its document, hydrated or lean, or its id. */
export type LinkedUser = string | object

/** Limit for a request that waits. A user created by then is found by the next attempt. */
const REGISTER_MS = 30_000
/** Time limit for reading the id of a given document. */
const LOOK_MS = 10_000

/** Creates the push methods for these options. */
export function createPushes(options: ResolvedClerkSyncOptions): Pushes {
  const throttle = new UserThrottle()
  const safe = <Given extends object>(given: Given) => withHarmlessListeners(given, options.logger)
  return {
    push: (given = {}) =>
      options.meter.span('push', {}, async () =>
        runPush(await preparePushes(options, throttle, given.signal), safe(given)),
      ),
    startPushWorker: (given = {}) => startPushWorker(options, throttle, safe(given)),
    async registerClerkUser(user, given = {}) {
      if ((user?._id ?? undefined) === undefined) {
        throw new ClerkSyncError(
          'invalid_clerk_user',
          'registerClerkUser needs the document of a local account, with its _id.',
        )
      }
      const context = await prepareUserPush(options, throttle)
      const deadline = Date.now() + REGISTER_MS
      const clerkId = await registerUser(context, user._id, given, { deadline })
      return options.store.findByClerkId(clerkId, { deadline })
    },
    async registerLocalUsers(given = {}) {
      return registerLocalUsers(await prepareUserPush(options, throttle, given.signal), safe(given))
    },
    async deleteInClerk(user) {
      const clerkId = typeof user === 'object' && user !== null ? await clerkIdOf(options, user) : user
      if (!isClerkId(clerkId)) {
        throw new ClerkSyncError('invalid_clerk_user', 'deleteInClerk needs the document or the id of a Clerk user.')
      }
      await deleteAtClerk(options, clerkId)
      return applyDeletion(options, options, clerkId)
    },
  }
}

const clerkIdOf = async ({ store }: ResolvedClerkSyncOptions, user: object): Promise<string | undefined> =>
  store.clerkIdOf?.(user, { deadline: Date.now() + LOOK_MS })

async function deleteAtClerk(options: ResolvedClerkSyncOptions, clerkId: string): Promise<void> {
  const api = await prepareCalls(options)
  const request = { method: 'DELETE', path: `/users/${encodeURIComponent(clerkId)}` } as const
  if ((await api.request(request)) !== null) return
  const [context] = await prepareJob(options, { only: ['users'] })
  if (!context) return
  const [stored] = await context.jobs.find([clerkId], context.writeContext())
  if (!stored || mayBeNew(stored)) {
    const { found } = await confirmGone(context.source, [{ clerkId }], undefined)
    if (found.length > 0 && (await api.request(request)) !== null) return
  }
  // Already deleted in Clerk, or the key belongs to another instance.
  await requireSameInstance(context, { mayDelete: true, signal: undefined })
}
