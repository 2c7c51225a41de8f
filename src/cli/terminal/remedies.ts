import { docsOf } from '../../errors'
import type { Io } from './io'

const RECONCILE = 'then: clerk-mongo-sync reconcile --apply'
/** Placeholder for the command that retries temporary failures. */
const AGAIN = '{again}'

/** Meaning and remedy by code: of errors, of conflicts, and of `syncError`. */
const known: Record<string, { what: string; remedy: string }> = {
  conflict: {
    what: 'another document has the value, mostly a local account with the address',
    remedy: `Change the value in one of the two documents or, for a user who has none yet, link the account (linkBy); ${RECONCILE}`,
  },
  host_rule: {
    what: 'a rule of the schema, or an index, refuses what Clerk has',
    remedy: `Let the rule take the value, or map another one (paths, mapUser); ${RECONCILE}`,
  },
  missing_id: {
    what: 'Clerk reported a deletion without saying of whom',
    remedy: 'clerk-mongo-sync reconcile --apply finds whom Clerk no longer has',
  },
  push_failed: {
    what: 'a push was given up',
    remedy: 'Change the value, which is pushed anew, or try again what was given up: clerk-mongo-sync push --compare',
  },
  push_contested: {
    what: 'a push was given up: something else keeps writing the same at Clerk, mostly another database with a push worker',
    remedy:
      'Let one database push to a Clerk instance. Then change the value, which is pushed anew, or: clerk-mongo-sync push --compare',
  },
  hook_failed: {
    what: 'a hook of the app threw',
    remedy:
      "Mend the hook. Svix delivers again; later: resend the message in Clerk's dashboard (Webhooks, your endpoint)",
  },
  host_code_failed: {
    what: 'code of the app threw (a validator, middleware, mapUser, …)',
    remedy: `Mend that code, then: ${AGAIN}`,
  },
  index_missing: {
    what: 'the unique index on the Clerk id is missing',
    remedy: `clerk-mongo-sync doctor --fix, then: ${AGAIN}`,
  },
  timed_out: {
    what: 'the time ran out, mostly as the database did not answer',
    remedy: `Once it answers (doctor): ${AGAIN}`,
  },
  database_failed: {
    what: 'the database refused or failed',
    remedy: `Once it works (doctor): ${AGAIN}`,
  },
  clerk_unreachable: { what: 'Clerk did not answer', remedy: `Once Clerk answers (doctor): ${AGAIN}` },
  clerk_api_failed: { what: 'Clerk answered with an error', remedy: `Once Clerk answers (doctor): ${AGAIN}` },
  clerk_key_invalid: { what: 'Clerk refused the secret key', remedy: `Set the right key (doctor), then: ${AGAIN}` },
  contention: { what: 'other writers kept changing the user', remedy: AGAIN },
  unexpected: {
    what: 'something unknown was thrown; onError gets it',
    remedy: `Mend what the log names, then: ${AGAIN}`,
  },
}

/** The meaning of a code, in a few words. */
export const reasonFor = (code: string): string | undefined => known[code]?.what

/**
 * The remedy for a code, and the command to run afterwards. `undefined` for codes whose message contains it.
 * @param again The command that retries temporary failures.
 */
export function remedyFor(code: string, again = 'the same command again'): string | undefined {
  return known[code]?.remedy.replace(AGAIN, again)
}

/** Prints the URL of each code's page. */
export function printPages({ out, colors }: Io, codes: readonly string[]): void {
  for (const code of new Set(codes)) out(colors.dim(`  ${docsOf(code)}`))
}
