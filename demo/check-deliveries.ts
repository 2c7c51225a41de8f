import type { Finding, RawUser } from './check'
import type { Delivery } from './script'

/** Checks that every expected user was welcomed once, and no other. */
export function checkWelcomes(welcomed: readonly string[], expected: readonly string[]): Finding {
  const problems = [...new Set([...expected, ...welcomed])].flatMap((clerkId) => {
    const [mails, wanted] = [welcomed, expected].map((ids) => ids.filter((id) => id === clerkId).length)
    return mails === wanted ? [] : [`${mails} mails to ${clerkId} instead of ${wanted}`]
  })
  return { claim: 'Each sign-up was welcomed once, the late, doubled and failed ones too', problems }
}

/** Checks that the log has one entry per genuine message with its attempts and outcome. */
export function checkLog(entries: readonly RawUser[], deliveries: readonly Delivery[]): Finding {
  const genuine = deliveries.filter(({ status }) => status !== 400)
  const messages = new Set(genuine.map(({ message }) => message.messageId))
  const problems = entries.length === messages.size ? [] : [`${entries.length} entries instead of ${messages.size}`]
  for (const messageId of messages) {
    const made = genuine.filter(({ message }) => message.messageId === messageId)
    const entry = entries.find(({ _id }) => _id === messageId)
    const last = made.at(-1)?.result
    // Reconcile has repaired them all since, and then it ends them in the log.
    const outcome = last === 'conflict' ? 'stale' : last
    if (!entry) problems.push(`no entry for ${messageId}`)
    else if (entry.attempts !== made.length || entry.outcome !== outcome) {
      problems.push(`${messageId}: ${entry.outcome} after ${entry.attempts} instead of ${outcome} after ${made.length}`)
    }
  }
  return {
    claim: 'The delivery log has one entry for each genuine message, and no unresolved conflict',
    problems,
  }
}
