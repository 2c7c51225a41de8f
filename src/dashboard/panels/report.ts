import type { LastReconcile } from '../../jobs/reconcile/last-reconcile'
import type { DriftKind, DriftReport, ReconcileReport } from '../../jobs/reconcile/reconcile-report'
import { counted } from '../../monitor/counted'
import { duration, number, timeAgo } from '../page/format'
import { type Html, html } from '../page/html'
import { panel } from '../page/page'
import type { ReconcileRun } from '../reconcile-run'
import type { FormToken } from '../same-origin'
import { badge, idLink } from './badge'
import { reason } from './failures'
import { button } from './forms'

/** Each kind of difference, in words. */
const words: Record<DriftKind, string> = {
  missing: 'In Clerk, not in MongoDB',
  stale: 'An older version in MongoDB',
  changed: 'Fields that Clerk owns were changed in MongoDB',
  deletedInClerk: 'In MongoDB, no longer in Clerk',
  deletedHere: 'Deleted in MongoDB, not in Clerk',
  duplicate: 'Living documents share an e-mail address',
}
const kinds = Object.keys(words) as DriftKind[]

/** What the last comparison found: of this process with examples, else what `status()` keeps. */
export function reportPanel(
  run: ReconcileRun | undefined,
  last: LastReconcile | undefined,
  { now, token }: { now: number; token: FormToken },
): Html {
  const isNewer =
    run && (!last || run.isRunning || run.startedAt >= last.at || (run.endedAt ?? run.startedAt) >= last.at)
  if (run?.isRunning) return runningPanel(run, token)
  if (isNewer && run.errorCode !== undefined)
    return panel(
      'report',
      'Reconcile',
      html`<p>${badge('bad', 'Failed')} The comparison ended with an error.</p><div class="stack">${reason(run.errorCode)}</div>`,
    )
  if (isNewer && run.report) return fullReport(run.report, run, now)
  if (last) return shortReport(last, now)
  return panel(
    'report',
    'Reconcile',
    html`<p class="empty">No comparison has run yet. Start one in <a href="?#jobs">Jobs</a>.</p>`,
  )
}

function runningPanel({ progress, startedAt }: ReconcileRun, token: FormToken): Html {
  const total = progress?.total
  const done =
    progress &&
    html`<p>${number(progress.checked)}${total !== undefined && ` of about ${number(total)}`} ${progress.resource} compared, ${counted(progress.drift, 'difference')} so far.${progress.secondsLeft !== undefined && ` About ${duration(progress.secondsLeft * 1000)} left.`}</p>`
  return panel(
    'report',
    'Reconcile',
    html`<div class="stack"><p>${badge('idle', 'Running')} since <time datetime="${startedAt.toISOString()}">${startedAt.toISOString().slice(11, 19)} UTC</time></p>
${done ?? html`<p>The first page is read.</p>`}
${button(token, { action: 'stop' }, { id: 'stop', text: 'Stop' })}</div>`,
  )
}

function fullReport(report: ReconcileReport, { endedAt }: ReconcileRun, now: number): Html {
  const { organizations, memberships, ...users } = report
  const parts = [
    { name: 'Users', part: users },
    { name: 'Organizations', part: organizations },
    { name: 'Memberships', part: memberships },
  ]
  const sections = parts.flatMap(({ name, part }) => (part ? [section(name, part)] : []))
  return panel(
    'report',
    'Reconcile',
    html`<div class="stack">${!report.complete && html`<p>${badge('warn', 'Incomplete')} It was stopped before its end.</p>`}${sections}</div>`,
    html`<span class="quiet small">Dry run, ${report.mode === 'sample' ? 'of a sample, ' : ''}ended ${timeAgo(endedAt ?? new Date(now), now)}</span>`,
  )
}

function section(name: string, { checked, inStep, drift, examples }: DriftReport): Html {
  const found = kinds.filter((kind) => drift[kind] > 0)
  const summary = html`<h3>${name} ${
    found.length === 0
      ? badge('ok', 'In step')
      : badge(
          'warn',
          counted(
            kinds.reduce((all, kind) => all + drift[kind], 0),
            'difference',
          ),
        )
  }</h3><p class="quiet small">${number(inStep)} of ${number(checked)} compared are in step.</p>`
  if (found.length === 0) return html`<div>${summary}</div>`
  const rows = found.map(
    (kind) =>
      html`<tr><td><b>${number(drift[kind])}</b> ${words[kind]}</td><td>${examples[kind].map((id) => html`<p>${idLink(id)}</p>`)}${drift[kind] > examples[kind].length && html`<p class="quiet small">and more</p>`}</td></tr>`,
  )
  return html`<div>${summary}<table class="rows"><thead><tr><th scope="col">Difference</th><th scope="col">Examples</th></tr></thead><tbody>${rows}</tbody></table></div>`
}

function shortReport({ at, applied, complete, checked, drift, mode, byResource }: LastReconcile, now: number): Html {
  const rows = Object.entries(byResource).flatMap(([name, found]) =>
    kinds
      .filter((kind) => found[kind] > 0)
      .map(
        (kind) => html`<tr><td>${name}</td><td>${words[kind]}</td><td class="number">${number(found[kind])}</td></tr>`,
      ),
  )
  const found = html`<p>${drift === 0 ? badge('ok', 'In step') : badge('warn', counted(drift, 'difference'))} ${counted(checked, 'document')} compared${applied && ' and repaired'}${!complete && ', stopped early'}.</p>`
  const table =
    rows.length > 0 &&
    html`<table><thead><tr><th scope="col">Resource</th><th scope="col">Difference</th><th scope="col" class="number">Count</th></tr></thead><tbody>${rows}</tbody></table>
<p class="quiet small">Their ids are known to the process that ran it. <code>clerk-mongo-sync reconcile</code> prints them.</p>`
  return panel(
    'report',
    'Reconcile',
    html`<div class="stack">${found}${table}</div>`,
    html`<span class="quiet small">${mode === 'sample' ? 'Of a sample, ' : ''}${timeAgo(at, now)}</span>`,
  )
}
