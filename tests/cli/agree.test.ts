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

describe('findings of doctor', () => {
  const routeIsOk = finding('route', 'ok')

  it.each<Check>(['middleware', 'body_parser'])('%s warns of nothing that the route refutes', (check) => {
    expect(verdicts(withoutContradictions([finding(check, 'warning'), routeIsOk]))).toEqual(['route ok'])
    expect(verdicts(withoutContradictions([finding(check, 'warning'), finding('route', 'problem')]))).toEqual([
      `${check} warning`,
      'route problem',
    ])
  })

  it('a missing secret is no problem of the app where the route took a signed delivery', () => {
    const [secret] = withoutContradictions([finding('signing_secret', 'problem', 'No signing secret.'), routeIsOk])
    expect(secret).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('In the environment of this command'),
    })
  })

  it('a route that could not be signed for does not say that there is no secret where there is one', () => {
    const skipped = finding('route', 'skipped', `${UNSIGNED}: No signing secret: set CLERK_WEBHOOK_SIGNING_SECRET`)
    const [, route] = withoutContradictions([finding('signing_secret', 'ok'), skipped])
    expect(route?.message).not.toContain('No signing secret')
    expect(route?.remedy).toContain('--secret')
  })
})
