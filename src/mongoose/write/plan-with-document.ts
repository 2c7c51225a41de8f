import type { WriteContext } from '../../store/write'
import { type Candidate, insertOnly, isImmutable, judge, makeCandidate, plainView } from '../schema/candidate'
import type { Incoming } from '../target/incoming'
import { overlap } from '../target/owned-paths'
import type { AnyDoc, Target } from '../target/target'
import { buildUpdate, guard, type WritePlan } from './plan'
import { pushExtension } from './push-extension'
import type { RetryState } from './retry-state'
import { nullParents } from './whole-parents'

/**
 * Plans a write with a document of the app's model, which is validated and read, but never saved.
 * @throws {ClerkSyncError} `host_code_failed`.
 */
export async function planWithDocument(
  target: Target,
  incoming: Incoming,
  state: RetryState,
  context: WriteContext,
): Promise<WritePlan> {
  const { linkTo } = state
  const entries = state.entries()
  const extension = pushExtension(target)
  const doc = makeCandidate(target, [...entries, ...state.insertEntries()], incoming)
  const owned = extension?.fit(target, doc, state.insertEntries()) ?? {}
  const given = plainView(doc)
  const taken = [...state.taken.keys()].filter((path) => path in owned)
  const { refused, blocked } = await verdictOn(target, incoming, state, { doc, taken })
  const upsert = mayInsert(state) && blocked === undefined
  const filter = linkTo
    ? { ...linkGuard(target, linkTo._id), ...extension?.takenGuard(target, state, owned) }
    : { ...guard(target, incoming), ...extension?.guard(target, incoming, state, owned) }
  const meant = plainView(doc)
  const marks = state.push?.isEcho ? {} : (context.marks ?? {})
  const candidate = {
    isImmutable: (path: string) => isImmutable(target.model, path, doc),
    insertOnly: (written: readonly string[]) => insertOnly(target.model, doc, written),
  }
  const written = entries.map(([path]) => path)
  const update = buildUpdate({ target, incoming, state, written, candidate, meant, marks, upsert, taken })
  const whole = { ...filter, ...nullParents(state.whole) }
  return { filter: whole, update, upsert, entries, meant, given, taken, refused, blocked }
}

const mayInsert = ({ linkTo, push, isUpdateOnly, withheld, whole }: RetryState): boolean =>
  linkTo === undefined && !push?.isPending && !isUpdateOnly && withheld.size === 0 && whole.size === 0

/** Validates all paths for an insert, and only the written ones for an update. */
async function verdictOn(
  target: Target,
  { values, onInsert }: Incoming,
  state: RetryState,
  { doc, taken }: { doc: Candidate; taken: readonly string[] },
): Promise<{ refused: string[]; blocked: string | undefined }> {
  const written = [...state.entries().map(([path]) => path), ...taken]
  const verdict = await judge(doc, mayInsert(state) ? undefined : written)
  const isMapped = (path: string) => [...values.keys(), ...onInsert.keys()].some((one) => overlap(one, path))
  const isAccepted = (path: string) => [...state.accepted].some((one) => overlap(one, path))
  const standing = verdict.refused.filter((path) => !isAccepted(path) && path !== target.idPath)
  return { refused: standing.filter(isMapped), blocked: standing.find((path) => !isMapped(path)) }
}

/** Matches the local document while it has no Clerk user. */
function linkGuard(target: Target, _id: unknown): AnyDoc {
  return { _id, [target.idPath]: { $in: [null, ''] } }
}
