/**
 * The script of every page: fetches the page again every few seconds and replaces its live parts. Pauses while the page is
 * hidden, slows down while the app does not answer, and keeps the focus. Everything works without it.
 */
export const script = `
'use strict'
const every = 5000
const slowest = 60000
const indicator = document.querySelector('.live')
const announcer = document.getElementById('announcer')
let wait = every
let timer

function show(state, text) {
  indicator.dataset.state = state
  indicator.textContent = text
}

function focusedId() {
  const { activeElement } = document
  return activeElement && activeElement !== document.body ? activeElement.id : ''
}

function replace(fresh) {
  const level = document.getElementById('headline')?.className
  const focused = focusedId()
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(part.id)
    if (!next || next.outerHTML === part.dataset.sent || next.outerHTML === part.outerHTML) continue
    const open = [...part.querySelectorAll('details[open]')].map(({ id }) => id)
    part.replaceWith(document.importNode(next, true))
    for (const id of open) document.getElementById(id)?.setAttribute('open', '')
  }
  if (focused && focusedId() !== focused) document.getElementById(focused)?.focus({ preventScroll: true })
  document.title = fresh.title
  const headline = document.getElementById('headline')
  if (headline && headline.className !== level) announcer.textContent = headline.textContent
}

async function update() {
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error' })
    if (!response.ok) throw new Error(String(response.status))
    replace(new DOMParser().parseFromString(await response.text(), 'text/html'))
    show('live', 'Live')
    wait = every
  } catch {
    show('lost', 'Not up to date: no answer')
    wait = Math.min(wait * 2, slowest)
  }
  schedule()
}

function schedule() {
  clearTimeout(timer)
  if (document.hidden) return show('paused', 'Paused')
  timer = setTimeout(update, wait)
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) return schedule()
  clearTimeout(timer)
  void update()
})
// A second click would send the form twice. Not at once, or the browser would leave the button's value out.
document.addEventListener('submit', ({ target }) => {
  for (const button of target.querySelectorAll('button')) setTimeout(() => { button.disabled = true })
})
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) for (const button of document.querySelectorAll('button')) button.disabled = false
})
if (document.querySelector('[data-live]')) {
  show('live', 'Live')
  schedule()
}
`
