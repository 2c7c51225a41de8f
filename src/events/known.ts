/** A documented text, which editors complete, or one that Clerk may add later. */
export type Known<Documented extends string> = Documented | (string & Record<never, never>)
