import type { ClerkApi } from '../../clerk-api/clerk-api'
import { ClerkSyncError } from '../../errors'
import type { ResolvedClerkSyncOptions, StoredResource } from '../../resolved-options'
import type { PushStore } from '../../store/push-store'
import type { WriteContext, WriteResult } from '../../store/write'
import { type ClerkSource, clerkSource } from '../clerk/clerk-source'
import { prepareCalls } from '../run/job-context'
import { type ClerkCalls, callsOf } from './clerk-calls'
import type { UserThrottle } from './user-throttle'

/** A resource of which MongoDB owns fields. */
interface PushedResource {
  resource: StoredResource
  /** Its queue. */
  store: PushStore
  calls: ClerkCalls
}

/** What push jobs work with, for one resource. */
export interface PushContext extends PushedResource {
  api: ClerkApi
  /** How the resource is read from Clerk. */
  source: ClerkSource
  options: ResolvedClerkSyncOptions
  throttle: UserThrottle
  /** Must be called for each command, because it contains the command's deadline. */
  writeContext(): WriteContext
  /** Applies a deletion in Clerk of which no event has arrived. */
  applyDeletion(clerkId: string): Promise<void>
}

const COMMAND_MS = 30_000

/**
 * Checks that pushing is possible, and connects. Returns one context per resource that is pushed.
 * @throws {ClerkSyncError} `store_unfit`, `schema_unfit` if nothing is owned, `clerk_key_missing`,
 * `clerk_instance_mismatch`, and those of the API.
 */
export async function preparePushes(
  options: ResolvedClerkSyncOptions,
  throttle: UserThrottle,
  signal?: AbortSignal,
): Promise<PushContext[]> {
  const pushed = requirePushed(options)
  const api = await prepareCalls(options, signal)
  return pushed.map((one) => {
    const { rules, fetcher } = one.resource
    return {
      ...one,
      api,
      source: clerkSource(api, one.resource.name),
      options,
      throttle,
      writeContext: () => ({ ...rules, ...fetcher, logger: options.logger, deadline: Date.now() + COMMAND_MS }),
      async applyDeletion(clerkId) {
        await applyDeletion(options, one.resource, clerkId)
      },
    }
  })
}

/** The same for users, of whom there are local accounts. @throws {ClerkSyncError} those of `preparePushes`. */
export async function prepareUserPush(
  options: ResolvedClerkSyncOptions,
  throttle: UserThrottle,
  signal?: AbortSignal,
): Promise<PushContext> {
  const contexts = await preparePushes(options, throttle, signal)
  const users = contexts.find(({ resource }) => resource.name === 'user')
  if (users) return users
  throw nothingOwned(options)
}

/** Applies a deletion in Clerk to the store. The hook stays pending until Clerk's own message arrives. */
export function applyDeletion(
  { logger, hooks }: ResolvedClerkSyncOptions,
  { store, rules }: Pick<StoredResource, 'store' | 'rules'>,
  clerkId: string,
): Promise<WriteResult> {
  const marks = hooks.size > 0 ? { hasHooks: true } : {}
  return store.deleteFromClerk(clerkId, { ...rules, logger, marks, deadline: Date.now() + COMMAND_MS })
}

/**
 * Returns the resources that are pushed.
 * @throws {ClerkSyncError} `schema_unfit`, or `store_unfit` if the given store cannot have any, if there are none.
 */
export function requirePushed(options: ResolvedClerkSyncOptions): PushedResource[] {
  const pushed = [...options.resources.values()].flatMap((resource) => {
    const store = resource.store.pushes?.()
    const calls = callsOf[resource.name]
    return store && calls ? [{ resource, store, calls }] : []
  })
  if (pushed.length > 0) return pushed
  throw nothingOwned(options)
}

function nothingOwned({ store }: ResolvedClerkSyncOptions): ClerkSyncError {
  if (!store.pushes) {
    const message = 'Pushing requires the option `push` of clerkSyncPlugin, which lists the fields that MongoDB owns.'
    return new ClerkSyncError('store_unfit', message)
  }
  const remedy = "Pass what MongoDB owns to the plugin: push: { publicMetadata: ['plan'] }."
  return new ClerkSyncError('schema_unfit', `The plugin of \`users\` has no option push. ${remedy}`)
}
