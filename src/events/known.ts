/** One of the texts Clerk documents, which an editor completes, or one that Clerk may add later. */
export type Known<Documented extends string> = Documented | (string & Record<never, never>)
