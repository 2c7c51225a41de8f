import type { ClerkDeletedJSON } from './deleted'

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

/** Clerk's specification promises an id and no more, Clerk's SDK the whole role: count on neither. */
export type ClerkDeletedRoleJSON = ClerkDeletedJSON & Omit<ClerkRoleJSON, 'id'>
/** As with roles. */
export type ClerkDeletedPermissionJSON = ClerkDeletedJSON & Omit<ClerkPermissionJSON, 'id'>
