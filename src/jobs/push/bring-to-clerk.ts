import type { ClerkApi } from '../../clerk-api/clerk-api'
import { ClerkSyncError } from '../../errors'
import type { ClerkUserJSON } from '../../events'
import { clerkUserJSON } from '../../map/clerk-user-json'
import type { OwnedPlace, PushClaim, PushSeen } from '../../push-store'
import { isFinal } from './failed-push'
import { MAX_METADATA_BYTES, metadataBytes, type OwnedPatch, patchFor } from './owned-patch'

export interface CallLimits {
  /** Point in time, in milliseconds, until which to have Clerk's last answer. */
  deadline: number
  /** Ends it before anything is sent. */
  signal: AbortSignal
  /** Ends it even so: what became of the request at Clerk is then not known. */
  lastSignal: AbortSignal
}

/** What came of a claim at Clerk. `answers` are of what was sent, also where the rest failed. */
export type Brought = { answers: readonly ClerkUserJSON[] } & (
  | { kind: 'in step'; seen: PushSeen }
  | /** Clerk has no such user. */ { kind: 'gone' }
  | { kind: 'failed'; error: unknown }
)

/**
 * Makes Clerk have what MongoDB owns of one user: looks first, then sends what differs, in one call for all metadata and one for
 * the profile, neither held up by a refusal of the other. Both may be sent again without harm.
 */
export async function bringToClerk(
  api: ClerkApi,
  places: readonly OwnedPlace[],
  claim: PushClaim,
  { deadline, signal, lastSignal }: CallLimits,
): Promise<Brought> {
  const answers: ClerkUserJSON[] = []
  const refusals: unknown[] = []
  try {
    const before = await api.getUser(claim.clerkId, deadline, signal)
    if (!before) return { kind: 'gone', answers }
    const patch = patchFor(places, claim.owned, before)
    for (const { path, body, check } of callsFor(claim.clerkId, before, patch)) {
      try {
        check?.()
        const answer = await api.request({ method: 'PATCH', path, body, deadline, signal: lastSignal })
        if (answer === null) return { kind: 'gone', answers }
        answers.push(clerkUserJSON(answer as ClerkUserJSON))
      } catch (error) {
        if (!isFinal(error)) throw error
        refusals.push(error)
      }
    }
    if (refusals.length > 0) return { kind: 'failed', error: refusals[0], answers }
    return { kind: 'in step', seen: { before, answers }, answers }
  } catch (error) {
    return { kind: 'failed', error, answers }
  }
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
    ...(metadata ? [{ path: `${path}/metadata`, body: metadata, check: () => requireRoom(before, patch) }] : []),
    ...(profile ? [{ path, body: profile }] : []),
  ]
}

/** @throws {ClerkSyncError} `push_refused` where the metadata would be more than Clerk keeps. */
export function requireRoom(before: Partial<ClerkUserJSON>, patch: OwnedPatch): void {
  const bytes = metadataBytes(before, patch)
  if (bytes <= MAX_METADATA_BYTES) return
  throw new ClerkSyncError(
    'push_refused',
    `The user's metadata would be ${bytes} bytes, and Clerk keeps at most ${MAX_METADATA_BYTES}. Store less in the paths that push names.`,
  )
}
