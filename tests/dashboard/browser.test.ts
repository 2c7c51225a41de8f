import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { noBrowser, openBrowser } from '../support/browser'
import { useDatabase } from '../support/database'
import { type DashboardApp, openDashboardApp, play } from './dashboard-app'

const db = useDatabase('dashboard_browser')

describe.skipIf(noBrowser)(`the dashboard in Chromium${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let app: DashboardApp
  let ids: Awaited<ReturnType<typeof play>>
  let browser: Browser
  let page: Page
  /** What went wrong in the page: messages of the console, and requests to other hosts. */
  let complaints: string[]

  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    app = await openDashboardApp(db)
    ids = await play(app)
    page = await open()
  })
  afterEach(async () => {
    await page?.close()
    await app?.close()
    expect(complaints).toEqual([])
  })

  async function open(options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    complaints = []
    const opened = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options })
    opened.on('console', (message) => void complaints.push(message.text()))
    opened.on('pageerror', (error) => void complaints.push(String(error)))
    opened.on('request', (request) => {
      if (!request.url().startsWith(app.url) && !request.url().startsWith('data:')) complaints.push(request.url())
    })
    return opened
  }

  /** The text as it is shown, with the words for screen readers. */
  async function textOf(selector: string): Promise<string> {
    await page.locator(selector).waitFor()
    return String(await page.evaluate(`document.querySelector('${selector}').innerText`)).replaceAll(/\s+/g, ' ')
  }

  /** Rules of axe-core that the page breaks, with where. */
  async function violations(): Promise<string[]> {
    // As a script of the page it would be refused.
    await page.evaluate(axe.source)
    const found = (await page.evaluate('axe.run()')) as { violations: { id: string; nodes: { html: string }[] }[] }
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  }

  it('says in one sentence how the sync is, and fills every panel with what was delivered', async () => {
    await page.goto(app.url)
    expect(await textOf('#headline')).toMatch(
      /Deliveries are failing: 14 deliveries in the last day, 85\.7 % stored, the last .+\. 2 messages are failing, the oldest for \d+ \w+ 1 user could not be stored 1 message in conflict/,
    )
    expect(await page.title()).toBe('Deliveries are failing · Clerk → MongoDB')
    expect(await textOf('#figures')).toMatch(
      /Last hour 14 85\.7 % succeeded Last day 14 .* Typical duration [\d.]+ m?s/,
    )
    expect(await textOf('#deliveries')).toMatch(/Stored 11 Conflict 1 Failed 2/)
    expect(await page.locator('#deliveries svg rect.failing').count()).toBeGreaterThan(0)
    const failures = await textOf('#failures')
    for (const text of ['hook_failed', 'host_code_failed', 'conflict', ids.failing, ids.hookFailed, ids.conflicting])
      expect(failures).toContain(text)
    expect(await page.locator('#failures button').count()).toBe(2)
    expect(await textOf('#differences')).toContain(
      `1 user that could not be stored Id Reason Action ${ids.conflicting} conflict`,
    )
    expect(await textOf('#documents')).toMatch(
      /Users 7 Active 4 Waiting to be pushed 1 Deleted in Clerk 1 Without a Clerk user 1 Organizations 1 Active 1 Memberships 3 Active 2 Deleted in Clerk 1/,
    )
    expect(await textOf('#pushes')).toMatch(/Pending Pending 1 Of these retried 0 Abandoned 0 Oldest due/)
    expect(await textOf('#jobs')).toMatch(/Backfill stores all that Clerk has has not run/)
  })

  it('retries a failure with a click, after which it is gone from the overview', async () => {
    await page.goto(app.url)
    await page.getByRole('button', { name: `Fetch and store ${ids.failing} again` }).click()
    await page.waitForURL(/result=stored/)
    expect(await textOf('.notice')).toBe("Clerk's current state was fetched and stored.")
    expect(await textOf('#document')).toContain('Last name Lovelace')
    await page.getByRole('link', { name: 'Overview' }).click()
    expect(await textOf('#headline')).toContain('1 message is failing')
    expect(await textOf('#failures')).not.toContain(ids.failing)
  })

  it('compares Clerk and MongoDB with a click, and shows the report with links to what differs', async () => {
    await page.goto(app.url)
    await page.getByRole('button', { name: 'Compare all' }).click()
    await page.waitForURL(/view=reconcile/)
    expect(await textOf('#report')).toMatch(/Users 2 differences 4 of 6 compared are in step/)
    expect(await textOf('#report')).toContain(`1 In Clerk, not in MongoDB ${ids.conflicting}`)
    expect(await violations()).toEqual([])
    await page.getByRole('link', { name: ids.conflicting }).click()
    expect(await textOf('#document')).toContain('MongoDB has no document with this id')
    await page.goto(app.url)
    expect(await textOf('#jobs')).toMatch(/2 differences .+, 9 documents compared/)
    // A dry run.
    expect(await app.users.findByClerkId(ids.conflicting)).toBeNull()
  })

  it('compares a sample, and says so', async () => {
    await page.goto(app.url)
    await page.getByRole('button', { name: 'Compare a sample' }).click()
    await page.waitForURL(/view=reconcile/)
    expect(await textOf('#report')).toContain('of a sample')
  })

  it('looks up users, organizations and memberships by id', async () => {
    await page.goto(app.url)
    for (const [id, text] of [
      [ids.deleted, 'Deleted in Clerk'],
      [ids.organization, 'Acme'],
    ] as const) {
      await page.getByRole('searchbox').or(page.getByLabel('Clerk id')).first().fill(id)
      await page.getByRole('button', { name: 'Look up' }).click()
      await page.waitForURL(new RegExp(`id=${id}`))
      expect(await textOf('#document')).toContain(text)
    }
  })

  it('keeps itself up to date, without losing the focus', async () => {
    await page.goto(app.url)
    const button = page.getByRole('button', { name: 'Compare all' })
    await button.focus()
    expect(await textOf('.live')).toBe('Live')
    const before = await textOf('#figures')
    app.clerk.users.create({ email_address: ['late@example.com'] })
    await app.delivered()
    await expect.poll(() => textOf('#figures'), { timeout: 15_000 }).not.toBe(before)
    expect(await textOf('#figures')).toContain('Last hour 15')
    expect(await page.evaluate('document.activeElement.id')).toBe('compare-all')
  })

  it('works without JavaScript', async () => {
    await page.close()
    page = await open({ javaScriptEnabled: false })
    await page.goto(app.url)
    await page.getByRole('button', { name: `Fetch and store ${ids.failing} again` }).click()
    await page.waitForURL(/result=stored/)
    expect(await textOf('.notice')).toContain('stored')
  })

  it('stays text if a user has the name of a script', async () => {
    const name = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    const user = app.clerk.users.create({ first_name: name, email_address: ['mallory@example.com'] })
    await app.delivered()
    await page.goto(`${app.url}?id=${user.id}`)
    expect(await textOf('#document')).toContain(name)
    expect(await page.title()).toContain(user.id)
  })

  it.each(['light', 'dark'] as const)('has no violation of axe-core: %s', async (colorScheme) => {
    await page.close()
    page = await open({ colorScheme })
    for (const query of ['', `?id=${ids.failing}&result=failed&code=conflict`, '?view=reconcile', '?view=nothing']) {
      await page.goto(app.url + query)
      if (query === '') await page.locator('#deliveries summary').click()
      expect(await violations()).toEqual([])
      // The 404 of the last one is meant.
      complaints = complaints.filter((text) => !text.includes('404'))
    }
  })

  it('is usable with the keyboard alone', async () => {
    await page.goto(app.url)
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
    const reached = new Set<string>()
    for (let step = 0; step < 40; step += 1) {
      await page.keyboard.press('Tab')
      reached.add(String(await page.evaluate('document.activeElement.id || document.activeElement.tagName')))
    }
    for (const id of ['compare-some', 'compare-all', 'INPUT', 'SUMMARY']) expect([...reached]).toContain(id)
    await page.locator('#compare-all').focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/view=reconcile/)
  })

  it('fits a phone without scrolling sideways', async () => {
    await page.close()
    page = await open({ viewport: { width: 375, height: 800 } })
    for (const query of ['', `?id=${ids.failing}`, '?view=reconcile']) {
      await page.goto(app.url + query)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
    }
  })
})
