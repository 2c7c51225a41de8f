import type { AnyDoc, Target } from './target'

/** Whether a document is a user of Clerk's, as an aggregation's expression: what `isClerkUser` says of one at hand. */
export function hasClerkId({ idPath, paths }: Target): AnyDoc {
  const id = `$${idPath}`
  const isText = { $and: [{ $eq: [{ $type: id }, 'string'] }, { $ne: [id, ''] }] }
  if (idPath !== '_id') return isText
  const isClerks = {
    $or: [{ $eq: [`$${paths.authProvider}`, 'clerk'] }, { $eq: [{ $substrCP: [id, 0, 5] }, 'user_'] }],
  }
  // A branch, as the text functions refuse an id that is none.
  return { $cond: [isText, isClerks, false] }
}
