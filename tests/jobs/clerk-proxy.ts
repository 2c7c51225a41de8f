import { serve } from '../support/serve'

/** A server in front of a Clerk, where a test acts between requests and changes responses. */
export async function startClerkProxy(target: string) {
  const state = {
    before: (_url: URL): unknown => undefined,
    /** Changes the JSON of a response. */
    change: (_url: URL, json: unknown): unknown => json,
    requests: [] as string[],
  }
  const served = await serve(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://clerk')
    state.requests.push(`${url.pathname.replace('/v1', '')}${url.search}`)
    await state.before(url)
    const { authorization = '', 'clerk-api-version': version = '' } = request.headers
    const answer = await fetch(new URL(request.url ?? '', target), {
      headers: { authorization, 'clerk-api-version': String(version) },
    })
    const text = await answer.text()
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(answer.ok ? JSON.stringify(state.change(url, JSON.parse(text))) : text)
  })
  return Object.assign(state, { url: served.url, close: served.close })
}

export type ClerkProxy = Awaited<ReturnType<typeof startClerkProxy>>
