import type { ClerkApi } from '../../clerk-api/clerk-api'
import { ClerkSyncError } from '../../errors'
import type { ClerkUserJSON } from '../../events'
import { clerkUserJSON } from '../../map/clerk-user-json'
import type { OwnedPlace, PushClaim, PushSeen } from '../../push-store'
import { MAX_METADATA_BYTES, metadataBytes, type OwnedPatch, patchFor } from './owned-patch'

export interface CallLimits {
  deadline: number
  signal: AbortSignal
}

/** What came of a claim at Clerk. `answers` are of what was sent, also where the rest failed. */
export type Brought = { answers: readonly ClerkUserJSON[] } & (
  | { kind: 'in step'; seen: PushSeen }
  | /** Clerk has no such user. */ { kind: 'gone' }
  | { kind: 'failed'; error: unknown }
)

/**
 * Makes Clerk have what MongoDB owns of one user: looks first, then sends what differs, in one call for all metadata and one for
 * the profile. Both may be sent again without harm.
 */
export async function bringToClerk(
  api: ClerkApi,
  places: readonly OwnedPlace[],
  claim: PushClaim,
  limits: CallLimits,
): Promise<Brought> {
  const answers: ClerkUserJSON[] = []
  try {
    const before = await api.getUser(claim.clerkId, limits.deadline)
    if (!before) return { kind: 'gone', answers }
    for (const call of callsFor(claim.clerkId, before, patchFor(places, claim.owned, before))) {
      const answer = await api.request({ ...call, ...limits })
      if (answer === null) return { kind: 'gone', answers }
      answers.push(clerkUserJSON(answer as ClerkUserJSON))
    }
    return { kind: 'in step', seen: { before, answers }, answers }
  } catch (error) {
    return { kind: 'failed', error, answers }
  }
}

/** Metadata first: a profile that Clerk refuses (a username is taken) must not hold it up. */
function callsFor(clerkId: string, before: ClerkUserJSON, patch: OwnedPatch) {
  const path = `/users/${encodeURIComponent(clerkId)}`
  const { metadata, profile } = patch
  if (metadata) requireRoom(before, patch)
  return [
    ...(metadata ? [{ method: 'PATCH', path: `${path}/metadata`, body: metadata } as const] : []),
    ...(profile ? [{ method: 'PATCH', path, body: profile } as const] : []),
  ]
}

function requireRoom(before: ClerkUserJSON, patch: OwnedPatch): void {
  const bytes = metadataBytes(before, patch)
  if (bytes <= MAX_METADATA_BYTES) return
  throw new ClerkSyncError(
    'push_refused',
    `The user's metadata would be ${bytes} bytes, and Clerk keeps at most ${MAX_METADATA_BYTES}. Store less in the paths that push names.`,
  )
}
