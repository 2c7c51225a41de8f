import type { ClerkApi } from '../../clerk-api/clerk-api'
import { ClerkSyncError } from '../../errors'
import type { ClerkUserJSON } from '../../events/events'
import { clerkUserJSON } from '../../map/clerk-user-json'
import type { OwnedPlace, PushClaim, PushSeen } from '../../store/push-store'
import { contestedPush, isFinal, refusedPush } from './failed-push'
import { candidatePatch, MAX_METADATA_BYTES, metadataBytes, type OwnedPatch } from './owned-patch'

export interface CallLimits {
  /** Point in time, in milliseconds, until which to have Clerk's last answer. */
  deadline: number
  /** Ends it before anything is sent. */
  signal: AbortSignal
  /** Ends it even so: what became of the request at Clerk is then not known. */
  lastSignal: AbortSignal
}

/** What came of a claim at Clerk. */
export type Brought =
  | { kind: 'in step'; seen: PushSeen }
  /** Clerk has no such user. */
  | { kind: 'gone' }
  /** `seen`: as far as it came. `undefined`: Clerk did not even tell what it has. */
  | { kind: 'failed'; error: unknown; seen: PushSeen | undefined }

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
  let seen: PushSeen | undefined
  try {
    const before = await api.getUser(claim.clerkId, deadline, signal)
    if (!before) return { kind: 'gone' }
    const answers: ClerkUserJSON[] = []
    seen = { before, answers }
    const differing = () => candidatePatch(places, claim, answers.at(-1) ?? before)
    if (!isEmpty(differing()) && claim.isContested(before)) throw contestedPush()
    let sent = ''
    // Somebody may change it at Clerk between our look and our last call, so the last answer is looked at as well. A value that
    // is another even so is one that Clerk keeps in a form of its own.
    for (let round = 0, patch = differing(); !isEmpty(patch) && JSON.stringify(patch) !== sent; patch = differing()) {
      if (round++ === MAX_ROUNDS) throw new ClerkSyncError('contention', 'The user kept being changed at Clerk.')
      sent = JSON.stringify(patch)
      const calls = callsFor(claim.clerkId, answers.at(-1) ?? before, patch)
      if ((await send(api, calls, answers, { deadline, signal: lastSignal })) === 'gone') return { kind: 'gone' }
    }
    return { kind: 'in step', seen }
  } catch (error) {
    return { kind: 'failed', error, seen }
  }
}

/** How often others may come between before it is left for a calmer moment. */
const MAX_ROUNDS = 2

const isEmpty = ({ metadata, profile }: OwnedPatch): boolean => !metadata && !profile

/** @throws the first refusal, once every call was made; anything else at once. */
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
