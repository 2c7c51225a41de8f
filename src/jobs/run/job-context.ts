import { type ClerkApi, requireClerkApi } from '../../clerk-api/clerk-api'
import { ClerkSyncError } from '../../errors'
import type { ResolvedClerkSyncOptions, StoredResource } from '../../resolved-options'
import type { JobStore } from '../../store/job-store'
import type { HookMarks, WriteContext } from '../../store/write'
import { type ClerkSource, clerkSource } from '../clerk/clerk-source'
import { type ResourceOption, resourcesFor } from './job-resources'

/** What a job works with, for one resource. */
export interface JobContext extends JobParts {
  /** The name of its option in `createClerkSync`. */
  name: ResourceOption
  resource: StoredResource
  /** The job store of users, which holds the leases and the delivery log of all resources. */
  home: JobStore
}

/** What reading and writing one resource needs. */
export interface JobParts {
  /** Its objects at Clerk. */
  source: ClerkSource
  /** Its documents. */
  jobs: JobStore
  options: ResolvedClerkSyncOptions
  /**
   * Context for reading and writing what was just fetched. Must be called for each command, because it contains the
   * command's deadline.
   */
  writeContext(): WriteContext
  /** Context without a deadline, for scans of the whole collection. */
  contextWithoutDeadline: WriteContext
}

/** What a job is asked for. */
interface JobOptions {
  /** Resources, by the names of their options in `createClerkSync`. @default all of them */
  only?: readonly ResourceOption[] | undefined
  /** Leave the hook of a creation pending. */
  hooks?: boolean | undefined
  signal?: AbortSignal | undefined
}

/** Time limit of the database for one page. */
const PAGE_MS = 120_000

/**
 * Checks that a job can run, connects, and checks the key's instance if `instanceId` is given.
 * @returns one context per resource, in the order users, organizations, memberships: a membership refers to the others.
 * @throws {ClerkSyncError} `store_unfit`, `invalid_option` for a resource without a model, `clerk_key_missing`,
 * `clerk_instance_mismatch`, and those of the API.
 */
export async function prepareJob(
  options: ResolvedClerkSyncOptions,
  { only, hooks = false, signal }: JobOptions,
): Promise<JobContext[]> {
  const home = requireJobStore(options)
  const found = resourcesFor(options, only)
  const stores = found.map(({ name, resource }) => jobStoreOf(options, name, resource))
  const api = await prepareCalls(options, signal)
  return found.map(({ name, resource }, index) => {
    const marks = hooks ? creationMarks(options, resource.eventName) : otherMarks(options)
    const base = { ...resource.rules, ...resource.fetcher, logger: options.logger, fromApi: true, marks }
    return {
      name,
      resource,
      home,
      source: clerkSource(api, resource.name),
      jobs: stores[index] ?? home,
      options,
      contextWithoutDeadline: base,
      writeContext: () => ({ ...base, deadline: Date.now() + PAGE_MS }),
    }
  })
}

/**
 * Connects, and returns the API client of the right instance.
 * @throws {ClerkSyncError} `clerk_key_missing`, `clerk_instance_mismatch`, and those of the API.
 */
export async function prepareCalls(options: ResolvedClerkSyncOptions, signal?: AbortSignal): Promise<ClerkApi> {
  const api = requireClerkApi(options.clerk)
  await options.connect()
  await requireInstance(options, api, signal)
  return api
}

/**
 * Returns the support for jobs of the users' store.
 * @throws {ClerkSyncError} `store_unfit`
 */
export function requireJobStore({ jobStore }: ResolvedClerkSyncOptions): JobStore {
  return jobStore() ?? unfit('users')
}

/**
 * Returns the support for jobs of a resource's store.
 * @throws {ClerkSyncError} `store_unfit`
 */
export function jobStoreOf(
  options: ResolvedClerkSyncOptions,
  name: ResourceOption,
  { store }: Pick<StoredResource, 'store'>,
): JobStore {
  return name === 'users' ? requireJobStore(options) : (store.jobs?.({}) ?? unfit(name))
}

function unfit(name: ResourceOption): never {
  throw new ClerkSyncError(
    'store_unfit',
    `The store given as \`${name}\` has no jobs(). backfill, reconcile and status need a model with the plugin, or a store with jobs().`,
  )
}

/** Marks that leave the hook of the creation pending until its own message arrives. */
export function creationMarks(options: ResolvedClerkSyncOptions, eventName: StoredResource['eventName']): HookMarks {
  const type = `${eventName}.created`
  return { ...otherMarks(options), ...(options.hooks.has(type) && { pendingType: type }) }
}

function otherMarks({ hooks }: ResolvedClerkSyncOptions): HookMarks {
  return hooks.size > 0 ? { hasHooks: true } : {}
}

async function requireInstance(
  { instanceId }: ResolvedClerkSyncOptions,
  api: ClerkApi,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (instanceId === undefined) return
  const { id } = await api.getInstance(signal && { signal })
  if (id === instanceId) return
  throw new ClerkSyncError(
    'clerk_instance_mismatch',
    `CLERK_SECRET_KEY belongs to the Clerk instance ${id}, but the instanceId of createClerkSync is ${instanceId}. Use the key of that instance.`,
  )
}
