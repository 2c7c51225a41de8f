// One run of a job in a process of its own: prints a line of JSON now and then, and one at its end.
import mongoose from 'mongoose'
import { clerkSync } from './app'

/** Resident memory at its highest so far, in MiB; Node counts it in KiB. */
const peak = () => Math.round(process.resourceUsage().maxRSS / 1024)
const print = (line: object) => void process.stdout.write(`${JSON.stringify({ ...line, peak: peak() })}\n`)

const [job] = process.argv.slice(2)
try {
  if (job === 'backfill') {
    print({ result: await clerkSync.backfill({ onProgress: (progress) => print({ done: progress.done }) }) })
  } else {
    print({ result: await clerkSync.reconcile({ onProgress: ({ checked }) => print({ done: checked }) }) })
  }
} catch (error) {
  print({ error: error instanceof Error && 'code' in error ? error.code : String(error) })
  process.exitCode = 1
} finally {
  await mongoose.disconnect()
}
