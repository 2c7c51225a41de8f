import type { DriftKind, DriftReport, ReconcileReport, ResourceReconcile } from '../../jobs/reconcile/reconcile-report'
import type { ResourceOption } from '../../jobs/run/job-resources'
import { counted } from '../../monitor/counted'
import { printFailures } from '../terminal/failures'
import type { Io } from '../terminal/io'

/** Each kind of drift in words, after its number. */
const words: Record<DriftKind, string> = {
  missing: 'in Clerk, not in MongoDB',
  stale: 'an older version in MongoDB',
  changed: 'fields that Clerk owns were changed in MongoDB',
  deletedInClerk: 'in MongoDB, no longer in Clerk',
  deletedHere: 'deleted in MongoDB, not in Clerk; --revive <id…> restores them',
  duplicate: 'live documents that share an e-mail address; not repaired automatically',
}

/** Whether no difference was found. */
export function isInStep({ drift }: DriftReport): boolean {
  return Object.values(drift).every((n) => n === 0)
}

/** Prints what was found, what was repaired, and what remains, of each resource. */
export function printReport(io: Io, report: ReconcileReport, only?: readonly ResourceOption[]): void {
  const { organizations, memberships, ...users } = report
  const isOther = [organizations, memberships].some((part) => part !== undefined)
  // With only ids of other resources to revive, nothing was done about users.
  const hasUsers = !isOther || (only ? only.includes('users') : users.checked > 0 || !users.repaired)
  if (hasUsers) printResource(io, 'user', users)
  if (organizations) printResource(io, 'organization', organizations)
  if (memberships) printResource(io, 'membership', memberships)
}

function printResource(io: Io, noun: string, report: ResourceReconcile): void {
  const { bold } = io.colors
  printComparison(io, report.complete ? '' : 'Incomplete: ', noun, report)
  if (report.repaired) {
    const repaired = Object.entries(report.repaired).filter(([, n]) => n > 0)
    io.out(`\n${bold('Repaired')}${repaired.length === 0 ? ': nothing' : ''}`)
    for (const [kind, n] of repaired) io.out(`  ${counted(n, noun)}: ${words[kind as DriftKind].replace(/;.*/, '')}`)
  }
  const { unstored } = report
  if (unstored) printFailures(io, { title: 'Could not be stored', noun }, unstored.causes, unstored.count)
  printFailures(io, { title: 'Could not be repaired', noun }, report.causes ?? [], report.failures?.length ?? 0)
  if (report.unknown?.length) {
    io.out(`\n${bold('Neither in Clerk nor in MongoDB')}: the ids may be misspelt, or belong to another instance`)
    io.out(`  ${io.colors.yellow(report.unknown.map((id) => id || '(empty)').join(', '))}`)
  }
  if (report.after) {
    io.out()
    printComparison(io, 'After the repair: ', noun, report.after)
  } else if (!report.repaired && isRepairable(report)) io.out('\nRun reconcile --apply to repair these differences.')
}

function isRepairable({ drift }: DriftReport): boolean {
  return drift.missing + drift.stale + drift.changed + drift.deletedInClerk > 0
}

function printComparison(io: Io, title: string, one: string, report: DriftReport): void {
  const { checked, inStep, drift, examples } = report
  io.out(io.colors.bold(`${title}${inStep.toLocaleString('en')} of ${counted(checked, one)} in step`))
  for (const kind of Object.keys(words) as DriftKind[]) {
    if (drift[kind] === 0) continue
    const noun = kind === 'duplicate' ? 'shared address' : one
    const n = kind === 'duplicate' && drift[kind] !== 1 ? `${drift[kind]} shared addresses` : counted(drift[kind], noun)
    io.out(`  ${io.colors.yellow(n)}: ${words[kind]}`)
    const more = drift[kind] > examples[kind].length ? ', …' : ''
    if (examples[kind].length > 0) io.out(io.colors.dim(`    ${examples[kind].join(', ')}${more}`))
  }
}
