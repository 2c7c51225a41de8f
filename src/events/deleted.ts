/** All that Clerk says of a deleted user, organization or domain. By its own schema even the id can be absent. */
export interface ClerkDeletedJSON {
  id?: string | null
  object?: string
  deleted?: boolean
  /** Of what has one, an organization for instance. */
  slug?: string | null
  /** Of a user: the id it has in your own system, if you gave Clerk one. */
  external_id?: string | null
}
