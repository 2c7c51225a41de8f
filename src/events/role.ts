import type { ClerkDeletedJSON } from './deleted'

/** A role in organizations, and its permissions. */
export interface ClerkRoleJSON {
  id: string
  object?: string
  name?: string
  key?: string
  description?: string | null
  is_creator_eligible?: boolean
  permissions?: readonly ClerkPermissionJSON[]
  /** Milliseconds. */
  created_at?: number
  updated_at?: number
}

/** A permission that roles can grant. */
export interface ClerkPermissionJSON {
  id: string
  object?: string
  name?: string
  key?: string
  description?: string
  type?: string
  /** Milliseconds. */
  created_at?: number
  updated_at?: number
}

/** A deleted role. Clerk's specification contains only an id, its SDK the whole role. */
export type ClerkDeletedRoleJSON = ClerkDeletedJSON & Omit<ClerkRoleJSON, 'id'>
/** A deleted permission. Clerk's specification contains only an id, its SDK the whole permission. */
export type ClerkDeletedPermissionJSON = ClerkDeletedJSON & Omit<ClerkPermissionJSON, 'id'>
