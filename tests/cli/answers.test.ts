import type { RequestListener } from 'node:http'
import { createClerkSync } from 'clerk-mongo-sync'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { createMemoryStore, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import fastify from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { deliver } from '../../src/endpoint/deliver'
import { listening, type Served, serve } from '../support/serve'

const signingSecret = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0'
const path = '/api/webhooks/clerk'

let served: Served
afterEach(() => served?.close())

/** Delivers as `send` and `doctor` do. */
const sendTo = (url: string) => deliver(url, signClerkWebhook(fixtures.userCreated(), { signingSecret }))

const answer =
  (status: number, headers: Record<string, string> = {}, body = ''): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body)

const html = { 'content-type': 'text/html; charset=utf-8' }
const clerk = { 'x-clerk-auth-status': 'signed-out' }

describe('a success that is none', () => {
  it.each<[what: string, listener: RequestListener, hint: RegExp]>([
    ['a page', answer(200, html, '<!doctype html><title>My\n shop</title>'), /page of HTML, "My shop".*TanStack Start/],
    ['a page without a title or type', answer(200, {}, '<html><body>'), /a page of HTML, not by this library/],
    ['201 of a controller', answer(201, {}, '{"ok":true}'), /201, but not by this library.*NestJS/],
    ['a response that was not returned', answer(204), /without a body.*return clerkSync\.handler/],
    ['an outcome that this library does not have', answer(200, {}, '{"outcome":"success"}'), /not by this library/],
  ])('fails: %s', async (_what, listener, hint) => {
    served = await serve(listener)
    const { outcome, hint: given } = await sendTo(served.url + path)
    expect(outcome).toBeUndefined()
    expect(given).toMatch(hint)
    expect(given).toContain('MongoDB was not updated')
  })

  it('is none where only the status of our answer was changed, as to 201', async () => {
    const handle = toNodeHandler(createClerkSync({ users: createMemoryStore(), signingSecret }))
    served = await serve((request, response) => {
      const { writeHead } = response
      response.writeHead = ((_status: number, ...rest: []) => writeHead.call(response, 201, ...rest)) as never
      return handle(request, response)
    })
    expect(await sendTo(served.url)).toMatchObject({ status: 201, isDelivered: true, outcome: 'created' })
  })
})

describe('a redirect', () => {
  const host = () => new URL(served.url).host
  it.each<[what: string, location: () => string, hint: RegExp]>([
    ['to a slash at the end', () => `${path}/`, /to \/api\/webhooks\/clerk\/, which only adds the trailing slash/],
    ['to https', () => `https://${host()}${path}`, /to https:.*only changes to https/],
    ['to www', () => `http://www.example.com${path}`, /to http:\/\/www\.example\.com.*on another host/],
    ['to another path', () => '/hooks', /to \/hooks\. Svix/],
  ])('%s is named, with what Svix does', async (_what, location, hint) => {
    served = await serve((_request, response) => void response.writeHead(308, { location: location() }).end())
    const { outcome, hint: given } = await sendTo(served.url + path)
    expect(outcome).toBeUndefined()
    expect(given).toMatch(hint)
    expect(given).toContain("although Clerk's CLI does")
  })

  it('that takes the slash away is named', async () => {
    served = await serve(answer(308, { location: path }))
    expect((await sendTo(`${served.url}${path}/`)).hint).toContain('only removes the trailing slash')
  })

  it.each([
    ['a sign-in page', { location: '/sign-in?redirect_url=x' }],
    ["Clerk's own pages", { location: 'https://accounts.example.com/x' }],
    ['a page that Clerk chose', { location: '/welcome', ...clerk, 'x-clerk-auth-reason': 'protect-rewrite' }],
  ])('to %s names the line in clerkMiddleware', async (_what, headers) => {
    served = await serve(answer(307, headers))
    expect((await sendTo(served.url + path)).hint).toMatch(/login page.*createRouteMatcher/)
  })

  it('without an address is named as such', async () => {
    served = await serve(answer(302))
    expect((await sendTo(served.url + path)).hint).toContain('without an address')
  })
})

describe('a refusal', () => {
  it.each<[what: string, listener: RequestListener, hint: RegExp]>([
    ["auth.protect() of Clerk's", answer(404, { 'x-clerk-auth-reason': 'protect-rewrite, x' }), /auth\.protect\(\) of/],
    ['another 404 behind Clerk', answer(404, clerk), /no route at this address/],
    [
      'the login of Vercel',
      answer(401, { ...html, server: 'Vercel' }, '<title>Authentication Required</title>'),
      /Deployment Protection of Vercel/,
    ],
    ['a login', answer(401), /requires a signed-in user/],
    ['the firewall of Cloudflare', answer(403, { 'cf-mitigated': 'challenge' }), /Cloudflare blocks/],
    ['the firewall of Vercel', answer(403, { 'x-vercel-mitigated': 'deny' }), /firewall of Vercel/],
    [
      'the origin check of SvelteKit and Astro',
      answer(403, {}, 'Cross-site POST form submissions are forbidden'),
      /csrf\.trustedOrigins.*security\.checkOrigin/,
    ],
    ['CSRF protection', answer(403, {}, 'ForbiddenError: invalid csrf token'), /Exclude this route from it/],
    ['another 403', answer(403), /CSRF protection, a firewall/],
    ['a route without POST', answer(405, html), /\+server\.ts of SvelteKit\), `action` in React Router/],
    [
      'a page of SvelteKit with actions',
      answer(415, {}, 'Form actions expect form-encoded data — received application/json'),
      /\+server\.ts/,
    ],
    ['another 415', answer(415), /content type/],
  ])('by %s names what to change', async (_what, listener, hint) => {
    served = await serve(listener)
    const { outcome, hint: given } = await sendTo(served.url + path)
    expect(outcome).toBeUndefined()
    expect(given).toMatch(hint)
  })

  it('by Fastify without a parser names the plugin', async () => {
    const app = fastify()
    app.removeAllContentTypeParsers()
    app.post(path, async () => 'ok')
    await app.ready()
    served = await listening(app.server)
    expect(await sendTo(served.url + path)).toMatchObject({
      status: 415,
      hint: expect.stringContaining('Register toFastifyPlugin'),
    })
    await app.close()
  })
})
