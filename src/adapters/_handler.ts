/** The part of `ClerkSync` that adapters use. */
export interface WebhookHandler {
  /** Answers one delivery. Never rejects. */
  handler(request: Request): Promise<Response>
}
