import type { IncomingMessage } from 'node:http'

/** Larger than the buffers on the way, so that a sender that writes before it reads gets to read the response. */
const MAX_BYTES = 8 * 1024 * 1024
const MAX_MS = 2_000

/**
 * Discards the rest of a body that was answered early. Closing a connection with unread bytes resets it, and the sender
 * may never receive the response. A sender that exceeds the limits is disconnected.
 */
export function drain(request: IncomingMessage): Promise<void> {
  if (request.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    let left = MAX_BYTES
    const cutOff = () => void request.destroy()
    const timer = setTimeout(cutOff, MAX_MS)
    request.on('data', (chunk: Uint8Array) => {
      left -= chunk.length
      if (left < 0) cutOff()
    })
    request.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    request.resume()
  })
}
