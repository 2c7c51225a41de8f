import type { LastReconcile } from '../../jobs/reconcile/last-reconcile'
import { counted } from '../../monitor/counted'
import type { SyncStatus } from '../../monitor/status'
import type { JobSummary } from '../../store/job-store'
import { timeAgo } from '../page/format'
import { type Content, type Html, html } from '../page/html'
import { panel } from '../page/page'
import type { ReconcileRun } from '../reconcile-run'
import type { FormToken } from '../same-origin'
import { badge } from './badge'
import { button } from './forms'

/** How many of each resource a quick comparison looks at. */
export const SAMPLE = 200

interface Row {
  name: string
  what: string
  state: Content
}

/** The last run of each job, and the buttons that compare without writing. */
export function jobsPanel(
  status: SyncStatus,
  run: ReconcileRun | undefined,
  { now, token }: { now: number; token: FormToken },
): Html {
  const jobs = new Map(status.jobs.map((job) => [job.job, job]))
  const reconcile = run?.isRunning
    ? html`${badge('idle', 'Running')} <a href="?view=reconcile">See how far it is</a>`
    : lastReconcile(status.lastReconcile, now)
  const rows: Row[] = [
    {
      name: 'Backfill',
      what: 'stores all that Clerk has',
      state: stateOf(jobs.get('backfill'), status.lastBackfill, now),
    },
    { name: 'Reconcile', what: 'compares Clerk and MongoDB', state: reconcile },
  ]
  const list = html`<dl class="facts">${rows.map(({ name, what, state }) => html`<dt><b>${name}</b><br><span class="small">${what}</span></dt><dd>${state}</dd>`)}</dl>
<div class="actions">${button(token, { action: 'compare', sample: String(SAMPLE) }, { id: 'compare-some', text: `Compare a sample of ${SAMPLE}` })}${button(token, { action: 'compare' }, { id: 'compare-all', text: 'Compare all' })}</div>
<p class="quiet small">Both are dry runs: they read from Clerk and from MongoDB, and write nothing.</p>`
  return panel('jobs', 'Jobs', html`<div class="stack">${list}</div>`)
}

function stateOf(job: JobSummary | undefined, last: SyncStatus['lastBackfill'], now: number): Content {
  if (job?.runningUntil) return badge('idle', 'Running')
  if (last && !last.complete)
    return html`${badge('warn', 'Stopped')} ${timeAgo(last.at, now)}; the next run continues there`
  if (last) return html`${badge('ok', 'Done')} ${timeAgo(last.at, now)}`
  if (job?.endedAt) return html`${badge('ok', 'Done')} ${timeAgo(job.endedAt, now)}`
  return job?.state ? badge('warn', 'Stopped') : html`<span class="quiet">has not run</span>`
}

function lastReconcile(last: LastReconcile | undefined, now: number): Content {
  if (!last) return html`<span class="quiet">has not run</span>`
  const { at, drift, checked, complete, applied } = last
  const found = drift === 0 ? badge('ok', 'In step') : badge('warn', counted(drift, 'difference'))
  return html`${found} ${timeAgo(at, now)}, ${counted(checked, 'document')} compared${applied && ' and repaired'}${!complete && ', stopped early'}. <a href="?view=reconcile">Report</a>`
}
