import type { ClerkMessage, Message } from './clerk'
import type { Plot } from './plot'
import type { Endpoint } from './subject'

/** Each message to each endpoint. */
export function toEach(endpoints: readonly Endpoint[], messages: readonly ClerkMessage[]): Message[] {
  return messages.flatMap((message) => endpoints.map((endpoint) => ({ ...message, endpoint })))
}

/** The order of deliveries: each message once, shifted from its place, and some a second time. */
export function orderOf(
  { shifts, reach }: Pick<Plot, 'shifts' | 'reach'>,
  messages: readonly ClerkMessage[],
  endpoints: readonly Endpoint[],
): Message[] {
  const places = toEach(endpoints, messages).flatMap((message, nth) => {
    const index = Math.floor(nth / endpoints.length)
    const shift = shifts[nth % shifts.length]
    const place = index + ((shift?.by ?? 0) / 1000) * reach
    const again = shift?.again
    return again == null
      ? [{ place, message }]
      : [
          { place, message },
          { place: place + (again / 250) * (reach + 2), message },
        ]
  })
  return places.sort((a, b) => a.place - b.place).map(({ message }) => message)
}
