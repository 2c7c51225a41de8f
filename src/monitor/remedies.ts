const RECONCILE = 'then: clerk-mongo-sync reconcile --apply'
/** Placeholder for the command that retries temporary failures. */
const AGAIN = '{again}'

/** Meaning and remedy by code: of errors, of conflicts, and of `syncError`. */
const known: Record<string, { what: string; remedy: string }> = {
  conflict: {
    what: 'another document has this value, usually a local account with the same e-mail address',
    remedy: `Change the value in one of the two documents or, if the user has no document yet, link the account (linkBy); ${RECONCILE}`,
  },
  host_rule: {
    what: 'a rule of the schema or an index refuses the value from Clerk',
    remedy: `Change the rule to accept the value, or map another value (paths, mapUser); ${RECONCILE}`,
  },
  missing_id: {
    what: 'Clerk sent a deletion without a user id',
    remedy: 'clerk-mongo-sync reconcile --apply, which finds users that Clerk no longer has',
  },
  push_failed: {
    what: 'a push was abandoned',
    remedy: 'Change the value, which is then pushed again, or retry abandoned pushes: clerk-mongo-sync push --compare',
  },
  push_contested: {
    what: 'a push was abandoned: something else keeps changing the same fields in Clerk, usually another database with a push worker',
    remedy:
      'Push to a Clerk instance from one database only. Then change the value, which is pushed again, or: clerk-mongo-sync push --compare',
  },
  hook_failed: {
    what: 'a hook of the app threw',
    remedy:
      "Fix the hook. Svix retries the delivery. After the last retry, resend the message in Clerk's dashboard (Webhooks, your endpoint)",
  },
  host_code_failed: {
    what: 'code of the app threw (a validator, middleware, mapUser, …)',
    remedy: `Fix that code, then: ${AGAIN}`,
  },
  index_missing: {
    what: 'the unique index on the Clerk id is missing',
    remedy: `clerk-mongo-sync doctor --fix, then: ${AGAIN}`,
  },
  timed_out: {
    what: 'the time limit was exceeded, usually because the database did not answer',
    remedy: `When the database answers again (doctor): ${AGAIN}`,
  },
  database_failed: {
    what: 'the database failed or refused the command',
    remedy: `When the database works again (doctor): ${AGAIN}`,
  },
  clerk_unreachable: { what: 'Clerk did not answer', remedy: `When Clerk answers again (doctor): ${AGAIN}` },
  clerk_api_failed: { what: 'Clerk answered with an error', remedy: `Once Clerk answers (doctor): ${AGAIN}` },
  clerk_key_invalid: { what: 'Clerk refused the secret key', remedy: `Set the correct key (doctor), then: ${AGAIN}` },
  contention: { what: 'other writers kept changing the user', remedy: AGAIN },
  unexpected: {
    what: 'an unexpected error was thrown; onError receives it',
    remedy: `Fix the cause named in the log, then: ${AGAIN}`,
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
