import { type Candidate, type Concessions, type Incoming, passes, storedValue } from '../incoming'
import { type AnyDoc, schemaPath, type Target, trusted } from '../target'
import { overlap } from './owned-paths'
import { ANY_TOKEN, NO_TOKEN } from './token'

/**
 * What an event's write also asks of the document where something is pushed: that no local change waits, unless it is known
 * and left standing; and that the event is not our own push come back, unless that was seen to change nothing.
 */
export function pushGuard(target: Target, { at, truth }: Incoming, { isPending, echo }: Concessions): AnyDoc {
  const { clerkPushDue, clerkPushedAt } = target.paths
  return {
    [clerkPushDue]: trusted(target, isPending ? { ...ANY_TOKEN } : { ...NO_TOKEN }),
    ...(!truth && echo === 'perhaps' && { [clerkPushedAt]: trusted(target, { $ne: at }) }),
  }
}

/**
 * Gives the document that an insert would make what MongoDB is to own, and tells what of it the schema takes. The rest is left to
 * the schema's defaults: metadata that somebody else wrote must not keep a user out.
 */
export function setFitting(target: Target, doc: Candidate, entries: Iterable<readonly [string, unknown]>): AnyDoc {
  const fitting: AnyDoc = {}
  for (const [path, value] of entries) {
    if (value === undefined) continue
    doc.set(path, value)
    if (isFitting(target, doc, path)) fitting[path] = value
    else doc.set(path, defaultOf(target, doc, path))
  }
  return fitting
}

function isFitting(target: Target, doc: Candidate, path: string): boolean {
  // By path, whatever mongoose's types say.
  if (Object.keys(doc.errors ?? {}).some((refused) => overlap(refused, path))) return false
  return (storedValue(doc, path) ?? undefined) !== undefined && passes(target, doc, path)
}

function defaultOf(target: Target, doc: Candidate, path: string): unknown {
  const definition = schemaPath(target.model, path) as { getDefault?(scope: unknown): unknown } | undefined
  return definition?.getDefault?.(doc)
}
