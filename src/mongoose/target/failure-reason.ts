import { redactedMessage } from '../../store/finding'
import { type Client, serversOf } from './location'

/** Meanings of Node's network and DNS error codes. TLS errors are handled separately. */
const meanings: Record<string, string> = {
  ECONNREFUSED: 'no server listens there',
  ENOTFOUND: 'the host does not exist',
  EAI_AGAIN: 'the DNS server did not answer',
  ENODATA: 'DNS has no record for this name',
  ETIMEOUT: 'the DNS server did not answer',
  ETIMEDOUT: 'no answer; a firewall may block it',
  EHOSTUNREACH: 'no route from this machine',
  ENETUNREACH: 'no route from this machine',
  ECONNRESET: 'it closed the connection; it may require TLS',
}

/** Replaces texts of the driver that users cannot act on. */
const texts: readonly (readonly [RegExp, string])[] = [
  [/timed out/, 'no answer in time; a firewall may block it, or it is not MongoDB'],
  [/^connection .* closed$/, 'it closed the connection; it may require TLS'],
]

/** The largest number of servers that a message lists. */
const NAMED = 3

/**
 * Lists the servers that do not answer, with the driver's reason: `127.0.0.1:27017: ECONNREFUSED, no server listens
 * there`.
 * @param error The driver's error, which may also contain the servers.
 * @returns `undefined` if a server can be written to, or the driver gives no reason.
 */
export function awayReason(client: Client | undefined, error?: unknown): string | undefined {
  if (isLookup(error)) return `${error.hostname?.replace(/^_mongodb\._tcp\./, '') ?? 'DNS'}: ${reasonOf(error)}`
  const servers = serversOf(client, error)
  if (servers.length === 0 || servers.some(({ type }) => isWritable(type))) return undefined
  const away = servers.filter((server) => server.error || server.type === 'Unknown')
  if (away.length === 0) return `no primary among ${servers.map(({ address }) => address).join(', ')}`
  const lines = away
    .slice(0, NAMED)
    .map(({ address, error }) => `${address}: ${error ? reasonOf(error) : 'no answer yet'}`)
  return `${lines.join('; ')}${away.length > NAMED ? `; and ${away.length - NAMED} more` : ''}`
}

const isWritable = (type: string) => ['RSPrimary', 'Standalone', 'Mongos', 'LoadBalancer'].includes(type)

/** Whether DNS failed for a `mongodb+srv` connection string. The driver passes on the error of Node's resolver. */
export function isLookup(error: unknown): error is Error & { hostname?: string } {
  return error instanceof Error && 'syscall' in error && /^query(Srv|Txt|Cname)$/.test(String(error.syscall))
}

/** An error in a few words, without confidential parts. */
function reasonOf(error: unknown): string {
  const chain = causesOf(error)
  const code = chain.map(codeOf).find((one) => one !== undefined)
  const meaning = code === undefined ? undefined : meanings[code]
  if (code !== undefined && meaning !== undefined) return `${code}, ${meaning}`
  const message = redactedMessage(chain.at(-1)).replace(/[.:]$/, '')
  const [, text] = texts.find(([pattern]) => pattern.test(message)) ?? []
  if (text !== undefined) return text
  if (!isTls(code, message)) return code === undefined || message.includes(code) ? message : `${code}, ${message}`
  return `TLS: ${tlsReason(code, message)}`
}

const isTls = (code: string | undefined, message: string) =>
  /^ERR_(SSL|TLS)|CERT|EPROTO|ISSUER/.test(code ?? '') || /\b(ssl|tls|certificate)\b/i.test(message)

function tlsReason(code: string | undefined, message: string): string {
  const [, alert] = /SSL routines:(?:[^:]*:)?([^:]+)/.exec(message) ?? []
  const isAtlasList = /ALERT_INTERNAL_ERROR/.test(code ?? '') || /alert internal error/.test(message)
  const hint = isAtlasList ? ' (MongoDB Atlas answers this if your IP address is not in its access list)' : ''
  return `${alert?.trim() ?? message}${code ? `, ${code}` : ''}${hint}`
}

function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let one = error; one instanceof Error && chain.length < 5; one = one.cause) chain.push(one)
  return chain.length > 0 ? chain : [error]
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z0-9_]{2,60}$/.test(code) ? code : undefined
}
