import type { ClerkApi } from '../../clerk-api/clerk-api'
import { ClerkSyncError } from '../../errors'
import type { ClerkResourceJSON } from '../../events/events'
import { clerkJSON } from '../../map/map-clerk-user'
import type { PushClaim, PushSeen } from '../../store/push-store'
import { optionOf } from '../run/job-resources'
import type { ClerkCalls } from './clerk-calls'
import { contestedPush, isFinal, refusedPush } from './failed-push'
import { candidatePatch, MAX_METADATA_BYTES, metadataBytes, type OwnedPatch } from './owned-patch'
import type { PushContext } from './push-context'

/** Deadline and signals for Clerk calls. */
export interface CallLimits {
  /** Time by which Clerk's last response must arrive, in milliseconds since the epoch. */
  deadline: number
  /** Aborts before a request is sent. */
  signal: AbortSignal
  /** Aborts requests already sent; their effect in Clerk is then unknown. */
  lastSignal: AbortSignal
}

/** Result of pushing a claim. */
export type PushAttempt =
  | { kind: 'in step'; seen: PushSeen }
  /** Clerk has nothing with that id. */
  | { kind: 'gone' }
  /** `seen`: the states seen until then. `undefined`: Clerk returned none. */
  | { kind: 'failed'; error: unknown; seen: PushSeen | undefined }

/**
 * Makes Clerk have the values that MongoDB owns of one user or organization. Fetches it, then sends the differences,
 * with one call for all metadata and one for the profile; a refusal of one does not prevent the other. Both can be
 * repeated safely.
 */
export async function pushClaim(
  { api, store, calls, resource }: PushContext,
  claim: PushClaim,
  { deadline, signal, lastSignal }: CallLimits,
): Promise<PushAttempt> {
  const path = `${calls.path}/${encodeURIComponent(claim.clerkId)}`
  const plural = optionOf[resource.name]
  const read = (json: unknown) => clerkJSON<ClerkResourceJSON>(json, resource.name)
  let seen: PushSeen | undefined
  try {
    const json = await api.request({ path, deadline, signal })
    if (json === null) return { kind: 'gone' }
    const before = read(json)
    const answers: ClerkResourceJSON[] = []
    seen = { before, answers }
    const differing = () => candidatePatch(store.places, claim, answers.at(-1) ?? before)
    if (!isEmpty(differing()) && claim.isContested(before)) throw contestedPush()
    let sent = ''
    // It may change in Clerk between our read and our last call, so the last response is compared too. A value
    // that then still differs is one that Clerk normalizes.
    for (let round = 0, patch = differing(); !isEmpty(patch) && JSON.stringify(patch) !== sent; patch = differing()) {
      if (round++ === MAX_ROUNDS)
        throw new ClerkSyncError(
          'contention',
          'Other writers kept changing the same values in Clerk. The push will be retried.',
        )
      sent = JSON.stringify(patch)
      const requests = requestsFor(path, { ...calls, plural }, answers.at(-1) ?? before, patch)
      const limits = { deadline, signal: lastSignal }
      const isGone = await send(api, requests, limits, (answer) => answers.push(read(answer)))
      if (isGone) return { kind: 'gone' }
    }
    return { kind: 'in step', seen }
  } catch (error) {
    return { kind: 'failed', error, seen }
  }
}

/** How often another writer may interfere before the push is retried later. */
const MAX_ROUNDS = 2

const isEmpty = ({ metadata, profile }: OwnedPatch): boolean => !metadata && !profile

/**
 * Sends the requests. Resolves with `true` if Clerk no longer has the object.
 * @throws the first refusal, after all requests were sent; any other error at once.
 */
async function send(
  api: ClerkApi,
  requests: readonly PatchRequest[],
  limits: { deadline: number; signal: AbortSignal },
  onAnswer: (answer: unknown) => void,
): Promise<boolean> {
  const refusals: unknown[] = []
  for (const { path, body, check } of requests) {
    try {
      check()
      const answer = await api.request({ method: 'PATCH', path, body, ...limits })
      if (answer === null) return true
      onAnswer(answer)
    } catch (error) {
      if (!isFinal(error)) throw error
      refusals.push(refusedPush(error))
    }
  }
  if (refusals.length > 0) throw refusals[0]
  return false
}

interface PatchRequest {
  path: string
  body: unknown
  /** Refuses what Clerk would refuse or ignore. */
  check(): void
}

function requestsFor(
  path: string,
  { required, plural }: ClerkCalls & { plural: string },
  before: ClerkResourceJSON,
  patch: OwnedPatch,
): PatchRequest[] {
  const { metadata, profile } = patch
  const ofMetadata = { path: `${path}/metadata`, body: metadata, check: () => requireMetadataFits(before, patch) }
  const ofProfile = { path, body: profile, check: () => requireValues(plural, required, profile) }
  return [...(metadata ? [ofMetadata] : []), ...(profile ? [ofProfile] : [])]
}

/** @throws {ClerkSyncError} `push_refused` if a field that Clerk always has would be removed. */
function requireValues(plural: string, required: readonly string[], profile: Record<string, unknown> = {}): void {
  const removed = required.find((field) => field in profile && !profile[field])
  if (removed === undefined) return
  throw new ClerkSyncError(
    'push_refused',
    `Clerk's ${plural} always have a ${removed}, so its removal cannot be pushed. Set one again.`,
  )
}

/**
 * Checks that the metadata fits into Clerk's limit.
 * @throws {ClerkSyncError} `push_refused`.
 */
export function requireMetadataFits(before: object, patch: OwnedPatch): void {
  const bytes = metadataBytes(before, patch)
  if (bytes <= MAX_METADATA_BYTES) return
  throw new ClerkSyncError(
    'push_refused',
    `The metadata would be ${bytes} bytes, and Clerk's limit is ${MAX_METADATA_BYTES}. Store less in the paths of the option push.`,
  )
}
