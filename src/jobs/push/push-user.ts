import type { ClerkApi } from '../../clerk-api/clerk-api'
import { ClerkSyncError } from '../../errors'
import type { ClerkUserJSON } from '../../events/events'
import { clerkUserJSON } from '../../map/map-clerk-user'
import type { OwnedPlace, PushClaim, PushSeen } from '../../store/push-store'
import { contestedPush, isFinal, refusedPush } from './failed-push'
import { candidatePatch, MAX_METADATA_BYTES, metadataBytes, type OwnedPatch } from './owned-patch'

/** Deadline and signals for Clerk calls. */
export interface CallLimits {
  /** Time by which Clerk's last response must arrive, in milliseconds since the epoch. */
  deadline: number
  /** Aborts before a request is sent. */
  signal: AbortSignal
  /** Aborts requests already sent; their effect in Clerk is then unknown. */
  lastSignal: AbortSignal
}

/** Result of pushing a claimed user. */
export type PushAttempt =
  | { kind: 'in step'; seen: PushSeen }
  /** Clerk has no such user. */
  | { kind: 'gone' }
  /** `seen`: the states seen until then. `undefined`: Clerk did not return the user. */
  | { kind: 'failed'; error: unknown; seen: PushSeen | undefined }

/**
 * Makes Clerk have the values that MongoDB owns of one user. Fetches the user, then sends the differences, with one
 * call for all metadata and one for the profile; a refusal of one does not prevent the other. Both can be repeated
 * safely.
 */
export async function pushUser(
  api: ClerkApi,
  places: readonly OwnedPlace[],
  claim: PushClaim,
  { deadline, signal, lastSignal }: CallLimits,
): Promise<PushAttempt> {
  let seen: PushSeen | undefined
  try {
    const before = await api.getUser(claim.clerkId, deadline, signal)
    if (!before) return { kind: 'gone' }
    const answers: ClerkUserJSON[] = []
    seen = { before, answers }
    const differing = () => candidatePatch(places, claim, answers.at(-1) ?? before)
    if (!isEmpty(differing()) && claim.isContested(before)) throw contestedPush()
    let sent = ''
    // The user may change in Clerk between our read and our last call, so the last response is compared too. A value
    // that then still differs is one that Clerk normalizes.
    for (let round = 0, patch = differing(); !isEmpty(patch) && JSON.stringify(patch) !== sent; patch = differing()) {
      if (round++ === MAX_ROUNDS)
        throw new ClerkSyncError(
          'contention',
          'Other writers kept changing the user in Clerk. The push will be retried.',
        )
      sent = JSON.stringify(patch)
      const calls = callsFor(claim.clerkId, answers.at(-1) ?? before, patch)
      if ((await send(api, calls, answers, { deadline, signal: lastSignal })) === 'gone') return { kind: 'gone' }
    }
    return { kind: 'in step', seen }
  } catch (error) {
    return { kind: 'failed', error, seen }
  }
}

/** How often another writer may interfere before the push is retried later. */
const MAX_ROUNDS = 2

const isEmpty = ({ metadata, profile }: OwnedPatch): boolean => !metadata && !profile

/** @throws the first refusal, after all calls were made; any other error at once. */
async function send(
  api: ClerkApi,
  calls: readonly Call[],
  answers: ClerkUserJSON[],
  limits: { deadline: number; signal: AbortSignal },
): Promise<'sent' | 'gone'> {
  const refusals: unknown[] = []
  for (const { path, body, check } of calls) {
    try {
      check?.()
      const answer = await api.request({ method: 'PATCH', path, body, ...limits })
      if (answer === null) return 'gone'
      answers.push(clerkUserJSON(answer as ClerkUserJSON))
    } catch (error) {
      if (!isFinal(error)) throw error
      refusals.push(refusedPush(error))
    }
  }
  if (refusals.length > 0) throw refusals[0]
  return 'sent'
}

interface Call {
  path: string
  body: unknown
  check?: () => void
}

function callsFor(clerkId: string, before: ClerkUserJSON, patch: OwnedPatch): Call[] {
  const path = `/users/${encodeURIComponent(clerkId)}`
  const { metadata, profile } = patch
  return [
    ...(metadata
      ? [{ path: `${path}/metadata`, body: metadata, check: () => requireMetadataFits(before, patch) }]
      : []),
    ...(profile ? [{ path, body: profile }] : []),
  ]
}

/**
 * Checks that the metadata fits into Clerk's limit.
 * @throws {ClerkSyncError} `push_refused`.
 */
export function requireMetadataFits(before: Partial<ClerkUserJSON>, patch: OwnedPatch): void {
  const bytes = metadataBytes(before, patch)
  if (bytes <= MAX_METADATA_BYTES) return
  throw new ClerkSyncError(
    'push_refused',
    `The user's metadata would be ${bytes} bytes, and Clerk's limit is ${MAX_METADATA_BYTES}. Store less in the paths of the option push.`,
  )
}
