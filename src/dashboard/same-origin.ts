import { type Html, html } from './page/html'

const NAME = 'clerk_sync_dashboard'
const FIELD = 'token'

/** Protects forms: their token must be that of a cookie, and the browser must say that they come from this origin. */
export interface FormToken {
  value: string
  /** The header `Set-Cookie`, if the browser has no cookie yet. */
  setCookie: string | undefined
}

/** Returns the token of the browser's cookie, or a new one. */
export function formToken(request: Request): FormToken {
  const known = cookieToken(request)
  if (known) return { value: known, setCookie: undefined }
  const value = [...crypto.getRandomValues(new Uint8Array(24))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
  const isSecure = request.url.startsWith('https:') || request.headers.get('x-forwarded-proto') === 'https'
  const setCookie = `${NAME}=${value}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
  return { value, setCookie }
}

/** The field of a form that holds the token. */
export const tokenField = ({ value }: FormToken): Html => html`<input type="hidden" name="${FIELD}" value="${value}">`

/** Whether a posted form comes from a page of this dashboard. */
export function isOwnForm(request: Request, fields: URLSearchParams): boolean {
  const token = cookieToken(request)
  return isSameOrigin(request) && token !== undefined && fields.get(FIELD) === token
}

/**
 * Browsers send `Sec-Fetch-Site` over HTTPS and to localhost, and `Origin` with every form. A request with neither is not
 * from a browser.
 */
function isSameOrigin({ headers }: Request): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  const origin = headers.get('origin') ?? ''
  return URL.canParse(origin) && new URL(origin).host === headers.get('host')
}

function cookieToken({ headers }: Request): string | undefined {
  const cookies = (headers.get('cookie') ?? '').split(/; */)
  const value = cookies.find((cookie) => cookie.startsWith(`${NAME}=`))?.slice(NAME.length + 1)
  return value && /^[0-9a-f]{48}$/.test(value) ? value : undefined
}
