/** Data of a deleted user, organization or domain. By Clerk's own schema even the id can be absent. */
export interface ClerkDeletedJSON {
  id?: string | null
  object?: string
  deleted?: boolean
  /** Only of objects with a slug, such as organizations. */
  slug?: string | null
  /** Of a user: the id in your own system, if you gave Clerk one. */
  external_id?: string | null
}
