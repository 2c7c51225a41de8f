import { lookUp } from '../clerk/clerk-look-up'
import type { JobContext } from '../run/job-context'

const BATCH = 100

/**
 * Closes log entries of failures and conflicts whose users are now in step. Keeps entries of failed hooks, because only
 * the message itself runs its hook again.
 * @param users Only messages about these users. @default all
 */
export async function closeDeliveries(
  { api, jobs, contextWithoutDeadline, writeContext }: JobContext,
  { users, signal }: { users: readonly string[] | undefined; signal: AbortSignal | undefined },
): Promise<void> {
  /** Message ids by user. */
  let batch = new Map<string, string[]>()
  for await (const { messageId, clerkId, type, errorCode } of jobs.deliveries(
    { failed: true },
    contextWithoutDeadline,
  )) {
    if (clerkId === undefined || !type.startsWith('user.') || errorCode === 'hook_failed') continue
    if (users && !users.includes(clerkId)) continue
    batch.set(clerkId, [...(batch.get(clerkId) ?? []), messageId])
    if (batch.size < BATCH) continue
    await close(batch)
    batch = new Map()
  }
  if (batch.size > 0) await close(batch)

  async function close(messages: ReadonlyMap<string, string[]>): Promise<void> {
    const rules = writeContext()
    const stored = new Map((await jobs.find([...messages.keys()], rules)).map((user) => [user.clerkId, user]))
    const inStep: string[] = []
    for await (const { found, gone } of lookUp(api, [...messages.keys()], signal)) {
      inStep.push(
        ...found.filter((user) => jobs.compare(user, stored.get(user.id), rules) === 'same').map(({ id }) => id),
      )
      inStep.push(...gone.filter((id) => stored.get(id)?.isDeleted ?? true))
    }
    const closed = inStep.flatMap((id) => messages.get(id) ?? [])
    if (closed.length > 0) await jobs.closeDeliveries(closed, writeContext())
  }
}
