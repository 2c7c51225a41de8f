import type { ClerkSync } from '../create-clerk-sync'
import { ClerkSyncError, isClerkSyncError } from '../errors'
import type { SyncStatus } from '../monitor/status'
import type { LoggedDelivery } from '../store/job-store'
import { retry } from './actions'
import { html } from './page/html'
import { type Page, render, securityHeaders } from './page/page'
import { LISTED } from './panels/failures'
import { reportPanel } from './panels/report'
import { ReconcileRunner } from './reconcile-run'
import { type FormToken, formToken, isOwnForm } from './same-origin'
import { documentPage } from './views/document'
import { errorPage, messagePage } from './views/messages'
import { overview } from './views/overview'

/** Options of `toDashboardHandler`. */
export interface DashboardOptions {
  /**
   * Whether a request may see and use the dashboard, which shows names and addresses of users. Called for every request.
   * Only `true` lets it through; a `Response`, such as a redirect to your sign-in page, is sent as it is. What it throws is
   * left to the framework.
   */
  authorize(request: Request): boolean | Response | Promise<boolean | Response>
}

/** What every adapter can mount. */
export interface Dashboard {
  /** Answers a request for the dashboard. Rejects only if `authorize` does, or on an unexpected error. */
  handler(request: Request): Promise<Response>
}

/** The part of `ClerkSync` that the dashboard uses. */
export type DashboardSync = Pick<ClerkSync, 'status' | 'deliveries' | 'lookUp' | 'reconcile'>

/** How long a request waits for a comparison, before it shows how far it is. */
const COMPARE_MS = 8_000
const MAX_FORM_BYTES = 4_096
const MAX_ID_LENGTH = 128

/**
 * Creates the dashboard: pages about the state of the sync. It needs one route, because everything but the path of the route
 * is in the query, and an adapter for it that answers GET and POST.
 *
 * @throws {ClerkSyncError} `invalid_option` without `authorize`.
 *
 * @example
 * const dashboard = toDashboardHandler(clerkSync, { authorize: (request) => isAdmin(request) })
 * export const { GET, POST } = toNextHandler(dashboard)
 */
export function toDashboardHandler(clerkSync: DashboardSync, options: DashboardOptions): Dashboard {
  if (typeof options?.authorize !== 'function') {
    throw new ClerkSyncError(
      'invalid_option',
      'toDashboardHandler needs `authorize`: a function that returns true for requests that may see the dashboard.',
    )
  }
  const { authorize } = options
  const dashboard = new Pages(clerkSync)
  return {
    async handler(request) {
      const verdict = await authorize(request)
      if (verdict instanceof Response) return verdict
      if (verdict !== true) return plain(403, 'Forbidden')
      const { method } = request
      if (method === 'GET' || method === 'HEAD') return dashboard.get(request)
      if (method === 'POST') return dashboard.post(request)
      return plain(405, 'Method not allowed', { allow: 'GET, HEAD, POST' })
    },
  }
}

const plain = async (status: number, text: string, headers?: Record<string, string>): Promise<Response> =>
  new Response(text, { status, headers: { ...(await securityHeaders()), 'content-type': 'text/plain', ...headers } })

class Pages {
  readonly #clerkSync: DashboardSync
  readonly #runner: ReconcileRunner

  constructor(clerkSync: DashboardSync) {
    this.#clerkSync = clerkSync
    this.#runner = new ReconcileRunner(clerkSync)
  }

  async get(request: Request): Promise<Response> {
    const token = formToken(request)
    const query = new URL(request.url).searchParams
    const page = await this.#page(query, token).catch((error: unknown) => {
      if (isClerkSyncError(error)) return errorPage(error.code)
      throw error
    })
    const headers = {
      ...(await securityHeaders()),
      'content-type': 'text/html; charset=utf-8',
      ...(token.setCookie !== undefined && { 'set-cookie': token.setCookie }),
    }
    return new Response(request.method === 'HEAD' ? null : render(page), { status: page.status ?? 200, headers })
  }

  async post(request: Request): Promise<Response> {
    if (Number(request.headers.get('content-length')) > MAX_FORM_BYTES) return plain(413, 'The form is too large')
    const fields = new URLSearchParams(await request.text())
    if (!isOwnForm(request, fields))
      return plain(403, 'The form is not from this dashboard, or too old. Load the page again.')
    const id = fields.get('id') ?? ''
    const action = fields.get('action')
    if (action === 'retry' && isPossibleId(id)) return this.#retry(id)
    if (action === 'compare') await this.#runner.start(sampleOf(fields), COMPARE_MS)
    else if (action === 'stop') await this.#runner.stop()
    else return plain(400, 'Unknown action')
    return seeOther({ view: 'reconcile' })
  }

  async #retry(id: string): Promise<Response> {
    const { name, code } = await retry(this.#clerkSync, id)
    return seeOther({ id, result: name, ...(code !== undefined && { code }) })
  }

  async #page(query: URLSearchParams, token: FormToken): Promise<Page> {
    const [id, view] = [query.get('id')?.trim(), query.get('view')]
    if (id) return this.#document(id, query, token)
    if (view === 'reconcile') return this.#report(token)
    if (view !== null) return messagePage(404, 'Not found', 'The dashboard has no such page.')
    const status = await this.#clerkSync.status()
    return overview({ status, failed: await this.#failed(status), run: this.#runner.last, token })
  }

  async #document(id: string, query: URLSearchParams, token: FormToken): Promise<Page> {
    const name = query.get('result')
    const code = query.get('code') ?? ''
    const result = name === null ? undefined : { name, code: isCode(code) ? code : undefined }
    if (!isPossibleId(id)) return messagePage(400, 'Not a Clerk id', 'Clerk ids have letters, digits, _ and -.')
    const found = await this.#clerkSync.lookUp(id).catch((error: unknown) => {
      if (isClerkSyncError(error) && error.code === 'invalid_option') return undefined
      throw error
    })
    if (found !== undefined) return documentPage(id, found, { result, token })
    return messagePage(404, 'Not stored', 'createClerkSync was not given a model for what has such an id.')
  }

  async #report(token: FormToken): Promise<Page> {
    const { lastReconcile }: SyncStatus = await this.#clerkSync.status()
    const content = reportPanel(this.#runner.last, lastReconcile, { now: Date.now(), token })
    const isRunning = this.#runner.last?.isRunning ?? false
    return {
      title: 'Reconcile · Clerk → MongoDB',
      level: 'idle',
      content: html`<p class="back"><a href="?">← Overview</a></p>${content}`,
      ...(isRunning && { refresh: 3 }),
    }
  }

  /** The newest open messages. The status has all of them, unless there are more than it lists. */
  async #failed({ deliveries }: SyncStatus): Promise<LoggedDelivery[]> {
    if (!deliveries || deliveries.failed.length >= deliveries.failing + deliveries.conflicts)
      return deliveries?.failed ?? []
    const failed: LoggedDelivery[] = []
    for await (const entry of this.#clerkSync.deliveries({ failed: true, limit: LISTED })) failed.push(entry)
    return failed
  }
}

/** To the page that shows the result, which can be loaded again without posting again. */
async function seeOther(query: Record<string, string>): Promise<Response> {
  const headers = { ...(await securityHeaders()), location: `?${new URLSearchParams(query)}` }
  return new Response(null, { status: 303, headers })
}

const isPossibleId = (id: string): boolean => id.length <= MAX_ID_LENGTH && /^[\w-]+$/.test(id)

/** Codes in an address can be anything, and are shown. */
const isCode = (code: string): boolean => /^[a-z_]{1,40}$/.test(code)

function sampleOf(fields: URLSearchParams): { sample?: number } {
  const sample = Number(fields.get('sample') ?? 0)
  return Number.isInteger(sample) && sample > 0 && sample <= 100_000 ? { sample } : {}
}
