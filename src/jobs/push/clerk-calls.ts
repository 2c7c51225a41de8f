import type { ResourceName } from '../../events/events'

/** How changes of a resource are sent to Clerk's API. */
export interface ClerkCalls {
  /** Path of the list. One of them is beneath it, at its id, with its metadata at `/metadata`. */
  readonly path: string
  /** Profile fields that Clerk always has, so that their removal cannot be pushed. */
  readonly required: readonly string[]
}

/** The calls of each resource that can be pushed. */
export const callsOf: Readonly<Partial<Record<ResourceName, ClerkCalls>>> = {
  user: { path: '/users', required: [] },
  organization: { path: '/organizations', required: ['name', 'slug'] },
}
