import type { AnyDoc, Target } from './target'

/** Whether a document belongs to a Clerk user, as an aggregation expression. Equivalent to `isClerkUser`. */
export function hasClerkId({ idPath, paths }: Target): AnyDoc {
  const id = `$${idPath}`
  const isText = { $and: [{ $eq: [{ $type: id }, 'string'] }, { $ne: [id, ''] }] }
  if (idPath !== '_id') return isText
  const isClerks = {
    $or: [{ $eq: [`$${paths.authProvider}`, 'clerk'] }, { $eq: [{ $substrCP: [id, 0, 5] }, 'user_'] }],
  }
  // `$cond`, because text functions reject an id that is not a text.
  return { $cond: [isText, isClerks, false] }
}
