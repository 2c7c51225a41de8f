import { jobStoreOf } from '../jobs/run/job-context'
import { type ResourceOption, resourceFor, resourceOfId } from '../jobs/run/job-resources'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type { LookedUpDocument } from '../store/job-store'

/** What `lookUp()` found. */
export interface FoundDocument extends LookedUpDocument {
  /** The resource that the id belongs to. */
  resource: ResourceOption
}

const LOOK_MS = 10_000

/** Implements `ClerkSync.lookUp`. */
export async function lookUp(options: ResolvedClerkSyncOptions, clerkId: string): Promise<FoundDocument | null> {
  const name = resourceOfId(clerkId)
  const jobs = jobStoreOf(options, name, resourceFor(options, name))
  await options.connect()
  const context = { logger: options.logger, deadline: Date.now() + LOOK_MS }
  if (jobs.lookUp) {
    const found = await jobs.lookUp(clerkId, context)
    return found && { resource: name, ...found }
  }
  const [stored] = await jobs.find([clerkId], context)
  if (!stored) return null
  const { isDeleted, changedAt } = stored
  const state = isDeleted ? 'deleted' : 'active'
  return { resource: name, clerkId, state, hasDocument: true, ...(changedAt && { updatedAt: changedAt }), profile: {} }
}
