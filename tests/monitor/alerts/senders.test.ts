import type { Alert } from 'clerk-mongo-sync/monitor'
import { toLoggerAlert, toWebhookAlert } from 'clerk-mongo-sync/monitor'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { publicText } from '../../../src/monitor/alerts/words'
import { duration } from '../../../src/monitor/counted'
import { type Served, serve } from '../../support/serve'

const alert: Alert = {
  rule: 'silence',
  state: 'firing',
  since: new Date('2026-11-29T12:00:00Z'),
  message: 'No delivery has arrived for 3 hours, although <2> users & more changed.',
  remedy: 'Check the endpoint.',
  docs: 'https://example.com/alerts.md#silence',
}

let server: Served | undefined
afterEach(() => server?.close())

/** A server that answers these statuses in turn, then the last one. @returns the bodies that it received. */
async function slack(...statuses: number[]) {
  const bodies: { text: string }[] = []
  let requests = 0
  server = await serve((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      bodies.push(JSON.parse(body))
      const status = statuses[Math.min(requests++, statuses.length - 1)] as number
      // A status of 0: the server hangs.
      if (status !== 0) response.writeHead(status).end('ok')
    })
  })
  return { url: `${server.url}/services/T000/secret`, bodies }
}

describe('toWebhookAlert', () => {
  it('sends what a webhook of Slack takes, with its markup escaped', async () => {
    const { url, bodies } = await slack(200)
    await toWebhookAlert(url)(alert)
    await toWebhookAlert(url)({ ...alert, state: 'recovered' })
    expect(bodies).toEqual([
      {
        text: [
          ':rotating_light: *silence* (clerk-mongo-sync)',
          'No delivery has arrived for 3 hours, although &lt;2&gt; users &amp; more changed.',
          'Check the endpoint.',
          'Since 2026-11-29T12:00:00.000Z. https://example.com/alerts.md#silence',
        ].join('\n'),
      },
      { text: expect.stringMatching(/^:white_check_mark: \*silence\* recovered/) },
    ])
  })

  it('tries again after 5xx, 429 and a time limit, and not after another refusal', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.01)
    const { url, bodies } = await slack(503, 429, 0, 200)
    await toWebhookAlert(url, { timeoutMs: 200 })(alert)
    expect(bodies).toHaveLength(4)
    vi.restoreAllMocks()
    await server?.close()
    const refusing = await slack(404)
    await expect(toWebhookAlert(refusing.url)(alert)).rejects.toThrow(/answered 404/)
    expect(refusing.bodies).toHaveLength(1)
  })

  it('rejects without the URL, which is a secret', async () => {
    const { url } = await slack(500)
    await expect(toWebhookAlert(url, { retries: 0 })(alert)).rejects.toThrow(
      /^The webhook for alerts at 127\.0\.0\.1:\d+ answered 500\.$/,
    )
    expect(() => toWebhookAlert('hooks.slack.com/secret')).toThrow(/^toWebhookAlert was not given a URL/)
  })
})

it('toLoggerAlert logs an error for what fires, and a warning for what recovered', () => {
  const logger = { warn: vi.fn(), error: vi.fn() }
  const send = toLoggerAlert(logger)
  send(alert)
  send({ ...alert, state: 'recovered' })
  expect(logger.error).toHaveBeenCalledExactlyOnceWith(
    {
      rule: 'silence',
      state: 'firing',
      since: '2026-11-29T12:00:00.000Z',
      hint: 'Check the endpoint.',
      docs: alert.docs,
    },
    `alert silence: ${alert.message}`,
  )
  expect(logger.warn).toHaveBeenCalledOnce()
})

it.each([
  [
    'a redirect to https://accounts.example.com/sign-in?redirect_url=https%3A%2F%2Fx&token=abc: a login page',
    'a redirect to https://accounts.example.com/sign-in… a login page',
  ],
  ['the user ada@example.com and (mongodb://ada:hunter2@host/lms)', 'the user … and (…)'],
  ['signed with whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw and sk_test_abc.', 'signed with … and …'],
  [
    'add `?x-vercel-protection-bypass=<secret>` to the address',
    'add `?x-vercel-protection-bypass=<secret>` to the address',
  ],
])('an alert does not contain secrets: %s', (text, expected) => {
  expect(publicText(text)).toBe(expected)
})

it('an alert is bounded', () => {
  expect(publicText('x'.repeat(9_000))).toHaveLength(500)
})

it.each([
  [0, '0 seconds'],
  [1_000, '1 second'],
  [90_000, '90 seconds'],
  [180_000, '3 minutes'],
  [47 * 3_600_000, '47 hours'],
  [48 * 3_600_000, '2 days'],
])('%d ms are %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text)
})
