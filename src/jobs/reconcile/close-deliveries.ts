import type { JobContext } from '../run/job-context'

const BATCH = 100

/**
 * Closes log entries of failures and conflicts of one resource that is now in step. Keeps entries of failed hooks, because only
 * the message itself runs its hook again.
 * @param ids Only messages about these Clerk ids. @default all
 */
export async function closeDeliveries(
  { source, resource, home, jobs, contextWithoutDeadline, writeContext }: JobContext,
  { ids, signal }: { ids: readonly string[] | undefined; signal: AbortSignal | undefined },
): Promise<void> {
  /** Message ids by Clerk id. */
  let batch = new Map<string, string[]>()
  for await (const { messageId, clerkId, type, errorCode } of home.deliveries(
    { failed: true },
    contextWithoutDeadline,
  )) {
    if (clerkId === undefined || !type.startsWith(`${resource.eventName}.`) || errorCode === 'hook_failed') continue
    if (ids && !ids.includes(clerkId)) continue
    batch.set(clerkId, [...(batch.get(clerkId) ?? []), messageId])
    if (batch.size < BATCH) continue
    await close(batch)
    batch = new Map()
  }
  if (batch.size > 0) await close(batch)

  async function close(messages: ReadonlyMap<string, string[]>): Promise<void> {
    const rules = writeContext()
    const stored = new Map((await jobs.find([...messages.keys()], rules)).map((one) => [one.clerkId, one]))
    const references = [...messages.keys()].map((clerkId) => stored.get(clerkId) ?? { clerkId })
    const inStep: string[] = []
    for await (const { found, gone } of source.lookUp(references, signal)) {
      inStep.push(
        ...found.filter((json) => jobs.compare(json, stored.get(json.id), rules) === 'same').map(({ id }) => id),
      )
      inStep.push(...gone.map(({ clerkId }) => clerkId).filter((id) => stored.get(id)?.isDeleted ?? true))
    }
    const closed = inStep.flatMap((id) => messages.get(id) ?? [])
    if (closed.length > 0) await home.closeDeliveries(closed, writeContext())
  }
}
