import type { Finding } from '../../store/finding'

/** Something about the schema that costs users or fields. */
export interface SchemaFinding extends Finding {
  /** `problem`: it keeps every user out, or all but one. */
  verdict: 'problem' | 'warning'
  path: string
  remedy: string
}
