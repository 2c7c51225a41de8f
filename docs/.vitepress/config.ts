import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DefaultTheme, defineConfig } from 'vitepress'

const docs = fileURLToPath(new URL('../', import.meta.url))

/** Anchors as GitHub makes them, so that a link works in both places. */
const slugify = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(/\s/g, '-')

/** The sections and tables of docs/README.md, which lists every page once. */
function listedPages(): DefaultTheme.SidebarItem[] {
  const sections = readFileSync(join(docs, 'README.md'), 'utf8').split(/^## /m).slice(1)
  return sections.map((section) => ({
    text: section.slice(0, section.indexOf('\n')),
    items: [...section.matchAll(/^\| \[(.+?)\]\((.+?)\.md\)/gm)].map(([, text = '', path = '']) => ({
      text: text.replaceAll('`', ''),
      link: `/${path}`,
    })),
  }))
}

function errorPages(): DefaultTheme.SidebarItem {
  const names = readdirSync(join(docs, 'errors')).map((file) => file.replace(/\.md$/, ''))
  return {
    text: 'Errors and findings',
    collapsed: true,
    items: names.sort().map((text) => ({ text, link: `/errors/${text}` })),
  }
}

export default defineConfig({
  title: 'clerk-mongo-sync',
  description: 'Keeps the users in your MongoDB in step with Clerk.',
  rewrites: { 'README.md': 'index.md' },
  cleanUrls: true,
  markdown: { anchor: { slugify } },
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    nav: [
      { text: 'Start', link: '/start/install' },
      { text: 'Moving over', link: '/guides/moving-over' },
      { text: 'API', link: '/reference/api/' },
    ],
    // `typedoc` generates the pages of the API from the docstrings.
    sidebar: [...listedPages(), { text: 'API', link: '/reference/api/' }, errorPages()],
  },
  buildEnd: ({ outDir }) => copyFileSync(join(docs, 'llms.txt'), join(outDir, 'llms.txt')),
})
