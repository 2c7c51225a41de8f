import { type Connection, type Model, Schema } from 'mongoose'
import type { LibraryExports } from './faster-time'

const push = {
  publicMetadata: { 'plan.tier': 'tier', 'plan.limits': 'limits' },
  privateMetadata: { 'account.notes': 'crm.notes' },
  unsafeMetadata: ['theme'],
  profile: ['lastName'],
  externalId: 'hostId',
} as const

/** What MongoDB owns, leaf by leaf: where it is in a document, and in Clerk's JSON of a user. */
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
/** What the app writes: owned leaves, an owned object as a whole, and what is the app's alone. */
export type LocalPath = OwnedLeaf | 'plan.limits' | 'visits'
export const localPaths = [...(Object.keys(ownedLeaves) as OwnedLeaf[]), 'plan.limits', 'visits'] as const

export const collectionsOf = (lane: number) => ({
  users: `two_way_${lane}`,
  tombstones: `two_way_tombstones_${lane}`,
  jobs: `two_way_jobs_${lane}`,
})

const unset = { default: undefined }
const definition = {
  email: { type: String, unique: true, sparse: true },
  firstName: String,
  lastName: String,
  plan: { tier: String, limits: { seats: Number, regions: { type: [String], ...unset } } },
  account: { notes: String },
  theme: String,
  hostId: String,
  visits: Number,
}

export type AppModel = Model<Record<string, unknown>>

/** The app's model, made once a connection and lane. */
export function modelOf({ clerkSyncPlugin }: LibraryExports, connection: Connection, lane: number): AppModel {
  const name = `TwoWay${lane}`
  const known = connection.models[name]
  if (known) return known
  const { users, ...collections } = collectionsOf(lane)
  const schema = new Schema(definition, { collection: users })
  schema.plugin(clerkSyncPlugin, { push, collections })
  return connection.model<Record<string, unknown>>(name, schema as never)
}

export const connectionOptions = { serverSelectionTimeoutMS: 2_000, maxPoolSize: 6 }

/** Where the app finds Clerk. */
export interface ClerkAt {
  apiUrl: string
  secretKey: string
  signingSecret: string
}

/** The app's `clerkSync`. @param onUpdated Runs as the hook of `user.updated`. */
export function appOf(
  library: LibraryExports,
  users: AppModel,
  { signingSecret, ...clerk }: ClerkAt,
  onUpdated?: (user: { id?: string; updated_at?: number }) => void,
) {
  const on = onUpdated && { 'user.updated': ({ event }: { event: { data: object } }) => onUpdated(event.data) }
  return library.createClerkSync({ users, signingSecret, clerk, timeoutMs: 5_000, logger: false, ...(on && { on }) })
}

export type App = ReturnType<typeof appOf>

/** What a worker's process ends with where it could not connect. */
export const NOT_STARTED = 75

const POLL_MS = 60

/** @returns what stops it. */
export function startWorker(library: LibraryExports, connection: Connection, lane: number, at: ClerkAt) {
  const worker = appOf(library, modelOf(library, connection, lane), at).startPushWorker({
    pollMs: POLL_MS,
    stopOnSigterm: false,
  })
  return () => worker.stop()
}
