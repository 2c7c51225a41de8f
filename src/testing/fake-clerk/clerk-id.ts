const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const LENGTH = 27
const TIME_DIGITS = 8
const KSUID_EPOCH = 1_400_000_000

/**
 * A KSUID is a number of 160 bits in 27 digits, with seconds in its upper 32 bits: the value of one second in its
 * leading digits.
 */
const perSecond = 2 ** 128 / 62 ** (LENGTH - TIME_DIGITS)

const lastMade = new Map<string, { at: number; time: number }>()

/**
 * Creates an id as Clerk does: a prefix and a KSUID, so that ids sort (byte by byte) by creation time. Here this also
 * holds within one millisecond.
 * @param at Creation time in milliseconds.
 * @see https://github.com/segmentio/ksuid
 */
export function newClerkId(prefix: string, at = Date.now()): string {
  const last = lastMade.get(prefix)
  const wanted = Math.max(0, Math.floor((at / 1000 - KSUID_EPOCH) * perSecond))
  let time = last && at >= last.at ? Math.max(wanted, last.time + 1) : wanted
  lastMade.set(prefix, { at, time })
  const codes = new Array<number>(LENGTH)
  for (let i = TIME_DIGITS - 1; i >= 0; i -= 1) {
    codes[i] = digits.charCodeAt(time % 62)
    time = Math.floor(time / 62)
  }
  for (let i = TIME_DIGITS; i < LENGTH; i += 1) codes[i] = digits.charCodeAt(Math.floor(Math.random() * 62))
  return `${prefix}_${String.fromCharCode(...codes)}`
}
