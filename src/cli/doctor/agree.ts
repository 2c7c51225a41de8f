import type { Finding, FindingCheck } from '../../finding'
import { UNSIGNED } from './check-route'

/** What the route's own answer refutes. */
const suppositions: readonly FindingCheck[] = ['middleware', 'body_parser']

/** Findings of which none says the opposite of another: what source and environment let suppose gives way to what the app did. */
export function withoutContradictions(findings: readonly Finding[]): Finding[] {
  const isOk = (wanted: FindingCheck) => findings.some(({ check, verdict }) => check === wanted && verdict === 'ok')
  return findings.flatMap((finding) => {
    const { check, verdict, message } = finding
    if (isOk('route') && suppositions.includes(check)) return []
    if (isOk('route') && check === 'signing_secret' && verdict === 'problem')
      return [{ ...finding, ...onlyHere(message) }]
    if (isOk('signing_secret') && check === 'route' && message.startsWith(UNSIGNED)) return [{ ...finding, ...unknown }]
    return [finding]
  })
}

const onlyHere = (message: string): Pick<Finding, 'verdict' | 'message'> => ({
  verdict: 'warning',
  message: `Where this command runs: ${message} The app took a delivery signed with the secret that was given.`,
})

const unknown: Pick<Finding, 'message' | 'remedy'> = {
  message: `${UNSIGNED}: this command does not know the secret that your code gives createClerkSync.`,
  remedy: 'Name it: --secret <whsec_…>, or CLERK_WEBHOOK_SIGNING_SECRET.',
}
