import type { JobFailure } from '../jobs/backfill'
import type { Io } from './io'

/** Lists users that a job could not put in step, and how many more there are. */
export function printFailures(io: Io, failures: readonly JobFailure[], total: number): void {
  if (failures.length === 0) return
  io.out(`\n${io.colors.bold('Could not be put in step')}`)
  for (const { clerkId, code, path, message } of failures) {
    io.out(`  ${io.colors.yellow(clerkId)}  ${code}${path === undefined ? '' : ` at ${path}`}: ${message}`)
  }
  if (total > failures.length) io.out(`  and ${(total - failures.length).toLocaleString('en')} more`)
}
