import { sleep } from '../../time/sleep'
import { mayBeNew, PAUSES_MS } from '../clerk/confirm-gone'
import type { PushContext } from './push-context'

/** Whether Clerk has what it just did not find. Repeats the request if it may only be too new for a replica. */
export async function existsInClerk(
  { source, resource, writeContext }: PushContext,
  clerkId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const [stored] = (await resource.store.jobs?.({}).find([clerkId], writeContext())) ?? []
  if (stored && !mayBeNew(stored)) return false
  for (const pause of PAUSES_MS) {
    await sleep(pause, signal)
    for await (const { found } of source.lookUp([{ clerkId }], signal)) if (found.length > 0) return true
  }
  return false
}
