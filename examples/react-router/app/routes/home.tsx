export default function Home() {
  return <p>Clerk delivers to /api/webhooks/clerk</p>
}
