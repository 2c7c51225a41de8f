import type { FakeClerk, FakeUser } from 'clerk-mongo-sync/testing'
import { clerkSync } from './app'
import type { Call } from './script'

const ids = (of: readonly { user: FakeUser }[]) => of.map(({ user }) => user.id)

/** Runs a backfill. */
export function backfilled(story: string, says: string, shows: readonly { user: FakeUser }[]): Call {
  const run = async () => {
    const { seen, created, failed, conflicts } = await clerkSync.backfill()
    const bad = failed + conflicts > 0 ? ` · ${failed + conflicts} not` : ''
    return `${seen} seen · ${created} created${bad}`
  }
  return { story, name: 'backfill', run, says, shows: ids(shows) }
}

/** Runs reconcile and reports the drift. */
export function reconciled(
  story: string,
  options: { apply?: boolean },
  says: string,
  shows: readonly { user: FakeUser }[],
): Call {
  const run = async () => {
    const report = await clerkSync.reconcile(options)
    const found = Object.entries((report.after ?? report).drift).filter(([, count]) => count > 0)
    return found.length === 0 ? 'in step' : found.map(([kind, count]) => `${kind} ${count}`).join(' · ')
  }
  return { story, name: 'reconcile', run, says, shows: ids(shows) }
}

/** Runs a push and reports what Clerk has afterwards. */
export function pushed(story: string, clerk: FakeClerk, says: string, of: { user: FakeUser }): Call {
  const run = async () => {
    const { pushed, failed } = await clerkSync.push()
    const plan = clerk.users.get(of.user.id)?.public_metadata?.plan
    return `${pushed} pushed · at Clerk: ${String(plan)}${failed > 0 ? ` · ${failed} failed` : ''}`
  }
  return { story, name: 'push', run, says, shows: [of.user.id] }
}
