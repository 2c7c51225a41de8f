import { reasonFor, remedyFor } from '../../monitor/remedies'
import type { SyncStatus } from '../../monitor/status'
import type { DocumentInError, LoggedDelivery } from '../../store/job-store'
import type { Io } from '../terminal/io'
import { printPages } from '../terminal/print-pages'
import { table } from '../terminal/text'

/** The command that retries failed deliveries. */
export const REPLAY = 'clerk-mongo-sync replay --failed'

/** Prints the ids of users in error with their reasons, and a remedy for each kind of error. */
export function printInError(io: Io, { users, inError = [] }: Pick<SyncStatus, 'users' | 'inError'>): void {
  if (inError.length === 0) return
  io.out(io.colors.bold('In error'))
  for (const line of table(inError.map((user) => [user.clerkId, reasonOf(user)]))) io.out(line)
  if (users.error > inError.length) io.out(`  and ${(users.error - inError.length).toLocaleString('en')} more`)
  printRemedies(
    io,
    inError.flatMap(({ syncError }) => syncError ?? []),
  )
  if (inError.some(({ syncError }) => syncError === undefined))
    io.out(
      `  ${io.colors.cyan('→')} clerk-mongo-sync doctor --fix checks users without a reason, which may be deletions of an older scheme`,
    )
  io.out()
}

function reasonOf({ syncError, path }: DocumentInError): string {
  if (syncError === undefined) return 'no reason recorded'
  const what = reasonFor(syncError)
  return `${syncError}${path === undefined ? '' : ` at ${path}`}${what === undefined ? '' : `: ${what}`}`
}

/** Failed and conflicting deliveries, one line each: message, type, user, state, code and reason. */
export function deliveryLines(failed: readonly LoggedDelivery[]): string[] {
  const rows = failed.map(({ messageId, type, clerkId = '', outcome, errorCode = '', attempts, lastSeenAt }) => [
    messageId,
    type,
    clerkId,
    outcome === 'conflict' ? 'conflict' : 'failing',
    errorCode,
    attempts === 1 ? 'once' : `${attempts} times`,
    lastSeenAt.toISOString(),
    reasonFor(errorCode) ?? '',
  ])
  return table(rows)
}

/** Prints the remedy for each code, once. */
export function printRemedies(io: Io, codes: readonly string[], again = REPLAY): void {
  const kinds = [...new Set(codes)]
  for (const kind of kinds) {
    const remedy = remedyFor(kind, again)
    if (remedy !== undefined) io.out(`  ${io.colors.cyan('→')} ${kind}: ${remedy}`)
  }
  printPages(io, kinds)
}
