import { verifyClerkWebhook } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'

const key = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const signingSecret = `whsec_${key}`
const { body, headers } = signClerkWebhook(fixtures.userCreated(), { signingSecret })

async function refusal(given: string | readonly string[] | undefined) {
  const error = await verifyClerkWebhook(body, headers, { signingSecret: given }).catch((thrown: unknown) => thrown)
  return error as { code: string; message: string }
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('a signing secret', () => {
  it.each([
    ['a line break at its end', `${signingSecret}\n`, 'white space'],
    ['a space before it', ` ${signingSecret}`, 'white space'],
    ['nothing but spaces', '   ', 'white space'],
    ['quotes around it', `"${signingSecret}"`, 'not base64'],
    ['other letters than base64', 'whsec_!!!!', 'not base64'],
    ['letters of the URL-safe base64', 'whsec_ab-_ab-_', 'not base64'],
    ['its end cut off', signingSecret.slice(0, -1), 'not base64'],
    ['nothing after whsec_', 'whsec_', 'not base64'],
    ['a secret API key instead', `sk_live_${key}`, 'API keys'],
    ['a publishable key instead', 'pk_test_Y2xlcmsuZXhhbXBsZS5jb20k', 'API keys'],
  ])('with %s is reported as malformed', async (_, secret, words) => {
    const { code, message } = await refusal(secret)
    expect(code).toBe('secret_malformed')
    expect(message).toContain(words)
    const hidden = secret.trim().replace(/^"?(whsec|[sp]k_[a-z]+)_|"$/g, '')
    if (hidden) expect(message).not.toContain(hidden)
  })

  it('that is malformed is named by its position among several', async () => {
    const { code, message } = await refusal([signingSecret, 'whsec_*'])
    expect(code).toBe('secret_malformed')
    expect(message).toContain('number 2')
  })

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['an empty list', []],
    ['a list of unset variables', [undefined, ''] as unknown as string[]],
  ])('that is %s is reported with the name of its variable', async (_, given) => {
    const { code, message } = await refusal(given)
    expect(code).toBe('secret_missing')
    expect(message).toContain('CLERK_WEBHOOK_SIGNING_SECRET')
  })

  it('that is set is used although another is unset', async () => {
    const given = [undefined as unknown as string, signingSecret]
    await expect(verifyClerkWebhook(body, headers, { signingSecret: given })).resolves.toHaveProperty('messageId')
  })
})

describe('the environment', () => {
  it('provides the secret, read when a delivery arrives', async () => {
    expect((await refusal(undefined)).code).toBe('secret_missing')
    vi.stubEnv('CLERK_WEBHOOK_SIGNING_SECRET', signingSecret)
    await expect(verifyClerkWebhook(body, headers)).resolves.toHaveProperty('messageId')
  })

  it('provides the secret under its older name', async () => {
    vi.stubEnv('CLERK_WEBHOOK_SECRET', signingSecret)
    await expect(verifyClerkWebhook(body, headers)).resolves.toHaveProperty('messageId')
  })

  it('provides the secret under a name of the app, read when a delivery arrives', async () => {
    const options = { signingSecret: () => process.env.WEBHOOK_SECRET }
    await expect(verifyClerkWebhook(body, headers, options)).rejects.toMatchObject({ code: 'secret_missing' })
    vi.stubEnv('WEBHOOK_SECRET', signingSecret)
    await expect(verifyClerkWebhook(body, headers, options)).resolves.toHaveProperty('messageId')
  })

  it('prefers the current name to the older one, and the option to both', async () => {
    vi.stubEnv('CLERK_WEBHOOK_SECRET', signingSecret)
    vi.stubEnv('CLERK_WEBHOOK_SIGNING_SECRET', 'whsec_plJ3nmyCDGBKInavdOK15jsl')
    expect((await refusal(undefined)).code).toBe('no_matching_signature')
    await expect(verifyClerkWebhook(body, headers, { signingSecret })).resolves.toHaveProperty('messageId')
  })
})
