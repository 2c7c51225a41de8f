/** All that an adapter knows of the library: `createClerkSync` returns one. */
export interface WebhookHandler {
  handler(request: Request): Promise<Response>
}
