import { toFetchHandler } from 'clerk-mongo-sync/fetch'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { describe, expect, test } from 'vitest'
import { adapterContract } from '../contracts/adapters'
import { createSubject, type createSubjects, signingSecret } from '../contracts/adapters-subject'
import { serveFunctions } from '../support/fetch-front'

const open = (subjects: ReturnType<typeof createSubjects>) => {
  const handlers = Object.entries(subjects).map(([path, subject]) => [path, toFetchHandler(subject)] as const)
  return serveFunctions(Object.fromEntries(handlers))
}

// Netlify and Vercel call functions like this. Their servers are in no registry.
adapterContract('toFetchHandler on a Fetch-style server, as of Netlify and Vercel', open, {
  trailingSlash: 404,
  isBare: true,
})

const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })
const request = (init: RequestInit = {}) => new Request('https://app.test/', { method: 'POST', ...delivery(), ...init })

test('is all that a Fetch runtime needs', async () => {
  const response = await toFetchHandler(createSubject())(request())
  expect([response.status, await response.json()]).toEqual([200, { outcome: 'created' }])
})

test('works when called without a receiver, as runtimes do', async () => {
  const { fetch } = { fetch: toFetchHandler(createSubject()) }
  expect((await fetch(request())).status).toBe(200)
})

test('reports raw_body_unavailable if the body was read before', async () => {
  const read = request()
  await read.text()
  const response = await toFetchHandler(createSubject())(read)
  expect([response.status, await response.json()]).toMatchObject([500, { error: { code: 'raw_body_unavailable' } }])
})

test('stops reading a body without an end', async () => {
  let pulled = 0
  const chunk = new Uint8Array(100_000)
  const pull = (controller: ReadableStreamDefaultController) => {
    pulled++
    controller.enqueue(chunk)
  }
  const endless = { body: new ReadableStream({ pull }), duplex: 'half' } as RequestInit
  expect((await toFetchHandler(createSubject())(request(endless))).status).toBe(413)
  expect(pulled).toBeLessThan(15)
})

describe('a body whose length is not the one that was sent', () => {
  const headers = (length: number, more = {}) => ({ ...delivery().headers, 'content-length': String(length), ...more })
  const answer = async (init: RequestInit) => {
    const response = await toFetchHandler(createSubject())(request(init))
    return [response.status, ((await response.json()) as { error?: { code: string } }).error?.code]
  }

  test('was written again on its way', async () => {
    expect(await answer({ headers: headers(2_000), body: '{"type":"user.created"}' })).toEqual([
      500,
      'raw_body_unavailable',
    ])
  })

  test('is a wrong signature if it has the right length', async () => {
    expect(await answer({ headers: headers(2), body: '{}' })).toEqual([400, 'no_matching_signature'])
  })

  test('is a wrong signature if it was encoded, as its length then says nothing', async () => {
    const init = { headers: headers(2_000, { 'content-encoding': 'gzip' }), body: '{}' }
    expect(await answer(init)).toEqual([400, 'no_matching_signature'])
  })

  test('is accepted if its signature is right nevertheless', async () => {
    const { headers: signed, body } = delivery()
    const response = await toFetchHandler(createSubject())(
      request({ headers: { ...signed, 'content-length': '1' }, body }),
    )
    expect(response.status).toBe(200)
  })
})

test('answers 413 if the framework ends the body for its size while it is read', async () => {
  const pull = (controller: ReadableStreamDefaultController) =>
    controller.error(Object.assign(new Error('Content-length exceeds limit'), { status: 413 }))
  const response = await toFetchHandler(createSubject())(
    request({ body: new ReadableStream({ pull }), duplex: 'half' } as RequestInit),
  )
  expect([response.status, await response.json()]).toMatchObject([413, { error: { code: 'body_too_large' } }])
})
