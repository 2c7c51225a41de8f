import type { IncomingMessage } from 'node:http'

/** More than the buffers on the way hold, so that a sender that writes first and reads then gets to reading. */
const MAX_BYTES = 8 * 1024 * 1024
const MAX_MS = 2_000

/**
 * Throws away what is still coming of a body that was answered early: a connection closed upon unread bytes is reset, and
 * the sender may never see the answer. Whoever sends on regardless is cut off.
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
