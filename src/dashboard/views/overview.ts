import type { SyncStatus } from '../../monitor/status'
import type { LoggedDelivery } from '../../store/job-store'
import { judge } from '../headline'
import { html } from '../page/html'
import type { Page } from '../page/page'
import { deliveriesPanel, figures } from '../panels/deliveries'
import { differencesPanel, documentsPanel } from '../panels/documents'
import { failuresPanel } from '../panels/failures'
import { headlinePanel } from '../panels/headline-panel'
import { jobsPanel } from '../panels/jobs'
import { pushesPanel } from '../panels/pushes'
import type { ReconcileRun } from '../reconcile-run'
import type { FormToken } from '../same-origin'

/** What the overview shows. */
export interface Overview {
  status: SyncStatus
  /** The newest messages that failed or are in conflict. */
  failed: readonly LoggedDelivery[]
  run: ReconcileRun | undefined
  token: FormToken
}

/** The first page: the state in one sentence, then everything that it is made of. */
export function overview({ status, failed, run, token }: Overview): Page {
  const now = Date.now()
  const headline = judge(status, now)
  const context = { now, token }
  return {
    title: `${headline.verdict} · Clerk → MongoDB`,
    level: headline.level,
    refresh: 30,
    content: html`${headlinePanel(headline)}
${figures(status)}
${deliveriesPanel(status, now)}
${failuresPanel(status, failed, context)}
${differencesPanel(status, token)}
${documentsPanel(status)}
<div class="two">${jobsPanel(status, run, context)}${pushesPanel(status, now)}</div>`,
  }
}
