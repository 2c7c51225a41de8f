/** Reads a body piece by piece, as the reader of a `ReadableStream` does. */
export interface BodyReader {
  /** @throws if the body broke off. */
  read(): Promise<{ done: boolean; value?: unknown }>
  /** Leaves the rest unread. The connection stays usable. */
  cancel(): unknown
}

/** A request, as the handler needs it: what a Fetch `Request` and a Node request have in common. */
export interface RawRequest {
  method: string
  /** The header with this name in lower case, its values joined by commas. */
  headers: { get(name: string): string | null }
  /**
   * Opens the body, once; `undefined` if there is none.
   * @throws {ClerkSyncError} `raw_body_unavailable` if something has read it before.
   */
  open(): BodyReader | undefined
  /** What the app's author must change if the body was read or rebuilt before. */
  remedy?: string
}

/** The answer to a `RawRequest`. */
export interface RawResponse {
  status: number
  headers: Record<string, string>
  body: string | Uint8Array<ArrayBuffer>
}

/**
 * Under this name the handler of `createClerkSync` also takes a `RawRequest`, so that adapters for Node need no Fetch
 * objects. A handler that the app wraps has it no more, and gets a `Request`.
 */
export const answerRaw: unique symbol = Symbol.for('clerk-mongo-sync.answerRaw') as never

/** A handler that also takes raw requests. */
export interface RawHandler {
  [answerRaw]?: (request: RawRequest) => Promise<RawResponse>
}
