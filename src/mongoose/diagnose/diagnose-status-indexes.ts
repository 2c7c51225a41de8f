import type { StoreDiagnoseContext } from '../../store/clerk-store'
import type { Finding } from '../../store/finding'
import { missingStatusIndexes } from '../bulk/status-indexes'
import { statusIndexes } from '../schema/status-indexes'
import { type Target, within } from '../target/target'

/** Checks that `status` can count documents with indexes alone. No finding if it can. */
export async function diagnoseStatusIndexes(target: Target, context: StoreDiagnoseContext): Promise<Finding[]> {
  const check = 'status_indexes'
  const missing = await missingStatusIndexes(target, context)
  if (missing.length === 0) return []
  if (context.fix) {
    const { collection } = target.model
    for (const { key, ...options } of statusIndexes(target.paths))
      if (missing.includes(`${collection.name}.${options.name}`))
        await collection.createIndex(key, { ...options, ...within(context) })
    return [{ check, verdict: 'ok', message: `${missing.join(' and ')} was missing. It was built.`, isFixed: true }]
  }
  return [
    {
      check,
      verdict: 'warning',
      message: `${missing.join(' and ')} is missing, so status() reads every document.`,
      remedy: `Build it with fix (doctor --fix), or with \`await ${target.model.modelName}.createIndexes()\`.`,
    },
  ]
}
