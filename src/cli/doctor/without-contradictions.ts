import { type Finding, type FindingCheck, isOk } from '../../store/finding'
import { UNSIGNED } from './check-route'

/** Guesses from the source. A delivery that the route accepted disproves them. */
const suppositions: readonly FindingCheck[] = ['middleware', 'body_parser', 'route_file']

/** Drops or softens findings from source and environment that contradict the running app. */
export function withoutContradictions(findings: readonly Finding[]): Finding[] {
  const isRouteOk = isOk(findings, 'route')
  const isSecretOk = isOk(findings, 'signing_secret')
  return findings.flatMap((finding) => {
    const { check, verdict, message } = finding
    if (isRouteOk && suppositions.includes(check)) return []
    if (isRouteOk && check === 'signing_secret' && verdict === 'problem') return [{ ...finding, ...onlyHere(message) }]
    if (isSecretOk && check === 'route' && message.startsWith(UNSIGNED)) return [{ ...finding, ...unknown }]
    return [finding]
  })
}

const onlyHere = (message: string): Pick<Finding, 'verdict' | 'message'> => ({
  verdict: 'warning',
  message: `In the environment of this command: ${message} The app accepted a delivery signed with the given secret.`,
})

const unknown: Pick<Finding, 'message' | 'remedy'> = {
  message: `${UNSIGNED}: this command cannot read the secret that your code passes to createClerkSync.`,
  remedy: 'Pass it as --secret <whsec_…>, or set CLERK_WEBHOOK_SIGNING_SECRET.',
}
