import type { AnyDoc, Target } from './target'

/** Whether a document belongs to a Clerk user, as an aggregation expression. Equivalent to `isClerkUser`. */
export function hasClerkId({ idPath, paths, options }: Target): AnyDoc {
  const id = `$${idPath}`
  const isText = { $and: [{ $eq: [{ $type: id }, 'string'] }, { $ne: [id, ''] }] }
  if (idPath !== '_id') return isText
  const { constants, idPrefix } = options.entity
  const isMarked = { $and: Object.entries(constants(paths)).map(([path, value]) => ({ $eq: [`$${path}`, value] })) }
  const isClerks = { $or: [isMarked, { $eq: [{ $substrCP: [id, 0, idPrefix.length] }, idPrefix] }] }
  // `$cond`, because text functions reject an id that is not a text.
  return { $cond: [isText, isClerks, false] }
}
