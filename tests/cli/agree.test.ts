import type { Finding } from 'clerk-mongo-sync'
import { describe, expect, it } from 'vitest'
import { UNSIGNED } from '../../src/cli/doctor/check-route'
import { withoutContradictions } from '../../src/cli/doctor/without-contradictions'

type Check = Finding['check']
const finding = (check: Check, verdict: Finding['verdict'], message: string = check): Finding => ({
  check,
  verdict,
  message,
})
const verdicts = (findings: Finding[]) => findings.map(({ check, verdict }) => `${check} ${verdict}`)

describe('doctor', () => {
  const routeIsOk = finding('route', 'ok')

  it.each<Check>(['middleware', 'body_parser'])('%s has no warning that the route refutes', (check) => {
    expect(verdicts(withoutContradictions([finding(check, 'warning'), routeIsOk]))).toEqual(['route ok'])
    expect(verdicts(withoutContradictions([finding(check, 'warning'), finding('route', 'problem')]))).toEqual([
      `${check} warning`,
      'route problem',
    ])
  })

  it('does not report a missing secret if the route accepted a signed delivery', () => {
    const [secret] = withoutContradictions([finding('signing_secret', 'problem', 'No signing secret.'), routeIsOk])
    expect(secret).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('In the environment of this command'),
    })
  })

  it('does not report a missing secret if only the signing of the probe lacks one', () => {
    const skipped = finding('route', 'skipped', `${UNSIGNED}: No signing secret: set CLERK_WEBHOOK_SIGNING_SECRET`)
    const [, route] = withoutContradictions([finding('signing_secret', 'ok'), skipped])
    expect(route?.message).not.toContain('No signing secret')
    expect(route?.remedy).toContain('--secret')
  })
})
