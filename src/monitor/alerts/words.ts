/** A share in percent, such as `30%`. */
export const percent = (share: number): string => `${Math.round(share * 100)}%`

/** Secrets, e-mail addresses, and the query of a URL, which can hold either. */
const confidential = /\b(?:sk|pk|whsec)_\S+|[^\s<>"'`(]+@[^\s<>"'`)]+|\?[\w.%[\]-]+=[^\s<>"'`]+/g
const MAX_LENGTH = 500

/** A text from elsewhere as part of an alert: bounded, without secrets, e-mail addresses and queries of URLs. */
export function publicText(text: string): string {
  const safe = text.replaceAll(confidential, '…')
  return safe.length > MAX_LENGTH ? `${safe.slice(0, MAX_LENGTH - 1)}…` : safe
}
