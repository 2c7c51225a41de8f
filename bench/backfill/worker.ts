// One run of a job in a process of its own: prints a line of JSON now and then, and one at its end.
import mongoose from 'mongoose'
import { clerkSync, commands } from './app'
import type { Point } from './run'

/** Resident memory at its highest so far, in MiB; Node counts it in KiB. */
const peak = () => Math.round(process.resourceUsage().maxRSS / 1024)
const print = (line: object) =>
  void process.stdout.write(`${JSON.stringify({ ...line, peak: peak(), commands: commands.sent })}\n`)

const [job, resource] = process.argv.slice(2)
const only = resource === undefined ? {} : { only: [resource as Point['resource']] }
try {
  if (job === 'backfill') {
    const onProgress = ({ resource, done }: { resource: string; done: number }) => print({ resource, done })
    print({ result: await clerkSync.backfill({ ...only, onProgress }) })
  } else {
    const onProgress = ({ resource, checked }: { resource: string; checked: number }) =>
      print({ resource, done: checked })
    print({ result: await clerkSync.reconcile({ ...only, apply: job === 'repair', onProgress }) })
  }
} catch (error) {
  print({ error: error instanceof Error && 'code' in error ? error.code : String(error) })
  process.exitCode = 1
} finally {
  await mongoose.disconnect()
}
