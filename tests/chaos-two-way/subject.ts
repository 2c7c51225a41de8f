import type { Connection, Model } from 'mongoose'
import type { LibraryExports } from './faster-time'
import { type ShapeName, shapes } from './shape'

const push = {
  publicMetadata: { 'plan.tier': 'tier', 'plan.limits': 'limits' },
  privateMetadata: { 'account.notes': 'crm.notes' },
  unsafeMetadata: ['theme'],
  profile: ['lastName'],
  externalId: 'hostId',
} as const

/** Owned leaves: path in the document, and path in the JSON of Clerk. */
export const ownedLeaves = {
  'plan.tier': 'public_metadata.tier',
  'plan.limits.seats': 'public_metadata.limits.seats',
  'plan.limits.regions': 'public_metadata.limits.regions',
  'account.notes': 'private_metadata.crm.notes',
  theme: 'unsafe_metadata.theme',
  lastName: 'last_name',
  hostId: 'external_id',
} as const

export type OwnedLeaf = keyof typeof ownedLeaves
/** Paths that the app writes: owned leaves, an owned object, and a path of the app only. */
export type LocalPath = OwnedLeaf | 'plan.limits' | 'visits'
export const localPaths = [...(Object.keys(ownedLeaves) as OwnedLeaf[]), 'plan.limits', 'visits'] as const

export const collectionsOf = (lane: number, shape: ShapeName) => ({
  users: `two_way_${shape}_${lane}`,
  tombstones: `two_way_${shape}_tombstones_${lane}`,
  jobs: `two_way_${shape}_jobs_${lane}`,
})

export type AppModel = Model<Record<string, unknown>>

/**
 * The model of a shape, created once per connection and lane.
 * @param isPushing `false`: the model before the app had push.
 */
export function modelOf(
  library: LibraryExports,
  connection: Connection,
  lane: number,
  shape: ShapeName,
  isPushing = true,
): AppModel {
  const { users: collection, ...collections } = collectionsOf(lane, shape)
  const name = isPushing ? collection : `${collection}_before`
  const known = connection.models[name]
  if (known) return known
  const options = { ...(isPushing && { push }), collections }
  const schema = shapes[shape].schema({ library, collection, options, users: () => model })
  const model: AppModel = connection.model<Record<string, unknown>>(name, schema as never)
  return model
}

export const connectionOptions = { serverSelectionTimeoutMS: 2_000, maxPoolSize: 6 }

/** Address and keys of Clerk. */
export interface ClerkAt {
  apiUrl: string
  secretKey: string
  signingSecret: string
}

/** Setup of one history: Clerk, and how the app models users. */
export interface Setup extends ClerkAt {
  shape: ShapeName
}

/** What the hooks of an app receive. */
export interface HookedUser {
  id?: string
  updated_at?: number
}

/** The `clerkSync` of the app. @param hooks For `user.updated` and `user.deleted`; workers have none. */
export function appOf(
  library: LibraryExports,
  users: AppModel,
  { signingSecret, apiUrl, secretKey }: ClerkAt,
  hooks?: { updated(user: HookedUser): void; deleted(user: HookedUser): void },
) {
  const on = hooks && {
    'user.updated': ({ event }: { event: { data: object } }) => hooks.updated(event.data),
    'user.deleted': ({ event }: { event: { data: object } }) => hooks.deleted(event.data),
  }
  const clerk = { apiUrl, secretKey }
  return library.createClerkSync({ users, signingSecret, clerk, timeoutMs: 5_000, logger: false, ...(on && { on }) })
}

export type App = ReturnType<typeof appOf>

/** Exit code of a worker process that could not connect. */
export const NOT_STARTED = 75

const POLL_MS = 60

/** @returns a function that stops it. */
export function startWorker(library: LibraryExports, connection: Connection, lane: number, at: Setup) {
  const worker = appOf(library, modelOf(library, connection, lane, at.shape), at).startPushWorker({
    pollMs: POLL_MS,
    stopOnSigterm: false,
  })
  return () => worker.stop()
}
