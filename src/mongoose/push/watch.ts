import type { Target } from '../target/target'

/**
 * Calls `wake` whenever a mark is written, using a change stream. Resolves with `true` when `signal` aborts, and with
 * `false` if there is no stream or it ends. Standalone servers have no change streams.
 * @see https://www.mongodb.com/docs/manual/changeStreams/
 */
export function watchMarks({ model, paths }: Target, signal: AbortSignal, wake: () => void): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(true)
  const path = paths.clerkPushToken
  const written = [`updateDescription.updatedFields.${path}`, `fullDocument.${path}`]
  // The server names updated fields by their dotted path, which a filter cannot contain.
  const $match = path.includes('.') ? {} : { $or: written.map((field) => ({ [field]: { $exists: true } })) }
  const stream = model.collection.watch([{ $match }, { $project: { _id: 1 } }])
  return new Promise((resolve) => {
    const end = (isAborted: boolean) => {
      signal.removeEventListener('abort', onAbort)
      stream.close().then(
        () => resolve(isAborted),
        () => resolve(isAborted),
      )
    }
    const onAbort = () => end(true)
    signal.addEventListener('abort', onAbort, { once: true })
    stream.on('change', wake)
    stream.once('error', () => end(false))
    stream.once('end', () => end(signal.aborted))
  })
}
